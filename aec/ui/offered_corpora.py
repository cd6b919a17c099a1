"""Corpora that a visitor may choose: demo corpora, and folders under AEC_DATA."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from aec.audio import AUDIO_EXTENSIONS
from aec.corpora import emotion_of_folder
from aec.corpora.demo import DEMO_FOLDERS
from aec.corpora.file_search import MANIFEST_NAME
from aec.errors import CorpusError
from aec.settings import Settings

# After so many entries a folder counts as one without sound.
_MAX_ENTRIES = 2_000
# Folders inside of corpora: of speakers, of sessions, or of the sound alone.
_PART = re.compile(
    r"(actor|speaker|spk|session)[ _-]?\d+|DC|JE|JK|KL|wavs?|audio|audiowav|sentences|clips|dialog",
    re.ASCII | re.IGNORECASE,
)


def installed_corpora() -> list[str]:
    """Return the names of the demo corpora that are installed."""
    return [name for name, folder in DEMO_FOLDERS.items() if (folder / MANIFEST_NAME).is_file()]


def offered_corpora(settings: Settings) -> dict[str, Path]:
    """Return the folders that may be chosen, by name; in public mode the demo corpora."""
    offered = {name: DEMO_FOLDERS[name] for name in installed_corpora()}
    if settings.public:
        return offered
    known = {folder.resolve() for folder in offered.values()}
    for root in settings.data:
        for folder in _candidates(root):
            if folder.resolve() in known:
                continue
            known.add(folder.resolve())
            offered[_free_name(folder, offered)] = folder
    return offered


def folders_of(chosen: Sequence[str], offered: Mapping[str, Path]) -> tuple[str, ...]:
    """Return the folders behind the chosen names.

    Raises
    ------
    CorpusError
        A name that is not offered, or none at all: folders go away, and only the browser checks the choices of a
        widget.
    """
    unknown = [name for name in chosen if name not in offered]
    if unknown or not chosen:
        got = f"the corpus {unknown[0]!r} is not there" if unknown else "no corpus is chosen"
        raise CorpusError(got, "", "Choose others of the list" if unknown else "Choose one or more of the list")
    # Absolute, but not resolved: the name of a linked folder may be the corpus's name.
    return tuple(str(offered[name].absolute()) for name in chosen)


def _free_name(folder: Path, taken: Mapping[str, Path]) -> str:
    """Return a folder's name, made unique by its parent folder or a number."""
    place = folder.absolute()
    names = [place.name, f"{place.parent.name}/{place.name}"]
    names += [f"{place.name} ({number})" for number in range(2, len(taken) + 3)]
    return next(name for name in names if name not in taken)


def _candidates(root: Path) -> list[Path]:
    """Return a root's folders with sound, or the root itself where it is a corpus."""
    try:
        entries = sorted(path for path in root.iterdir() if not path.name.startswith("."))
    except OSError:
        # The default root need not exist.
        return []
    if any(_is_audio(path.name) or path.name.lower() == MANIFEST_NAME for path in entries):
        return [root]
    folders = [path for path in entries if path.is_dir() and _holds_sound(path)]
    return [root] if 2 * sum(map(_is_part, folders)) > len(folders) else folders


def _is_part(folder: Path) -> bool:
    """Return whether a folder has the name of a part of a corpus."""
    return _PART.fullmatch(folder.name) is not None or emotion_of_folder(folder.name) is not None


def _holds_sound(folder: Path) -> bool:
    seen = 0
    # The number of entries also ends a circle of links.
    for _parent, below, names in os.walk(folder, followlinks=True):
        if any(map(_is_audio, names)):
            return True
        seen += len(below) + len(names)
        if seen >= _MAX_ENTRIES:
            return False
    return False


def _is_audio(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in AUDIO_EXTENSIONS  # noqa: PTH122 - plain strings, thousands of times
