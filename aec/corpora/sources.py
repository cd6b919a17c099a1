"""Sources (folders and manifests) -> clips in table order, with notes on what was left out."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath

from aec.audio import AUDIO_EXTENSIONS
from aec.corpora import messages
from aec.corpora.clips import Clip, clip_of_row, recognise, recognised_clips
from aec.corpora.layout import AudioFile
from aec.corpora.manifest import corpus_of_manifest, read_manifest
from aec.corpora.ordering import natural_key
from aec.corpora.walking import Walk, folder_name, is_text, walk
from aec.errors import CorpusError


@dataclass(slots=True)
class Gathered:
    """The clips of all sources.

    Parameters
    ----------
    clips : list of Clip
        Sources in the order given, then by path, numbers in it by their value.
    notes : list of str
        Plain sentences on what was left out and why.
    listed : set of str
        `Clip.real` of all clips.
    """

    clips: list[Clip] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)

    def add(self, clips: Sequence[Clip]) -> None:
        """Append the clips of one source."""
        self.clips += sorted(clips, key=lambda clip: natural_key(clip.path))
        self.listed.update(clip.real_path for clip in clips)


def gather(sources: Sequence[Path | str]) -> Gathered:
    """Recognise the clips of every source by name; nothing is decoded.

    Parameters
    ----------
    sources : sequence of Path or str
        Folders and manifests. A file that several of them show is listed once, with the first. A `manifest.csv`
        inside a folder speaks for the clips it lists; the others are recognised by name.

    Raises
    ------
    CorpusError
        A source that does not exist or cannot be opened, or gives no clip at all.
    """
    # A lone string is a sequence too: of letters.
    given = [sources] if isinstance(sources, str | PurePath) else list(sources)
    if not given:
        raise CorpusError("no folder was given", "a folder or a manifest is expected", messages.REMEDY)
    gathered = Gathered()
    for source in given:
        if _is_folder(source):
            _add_folder(Path(source), gathered)
        else:
            clips, notes = _manifest_clips(Path(source), gathered.listed)
            gathered.notes += notes
            gathered.add(clips)
    return gathered


def _is_folder(source: Path | str) -> bool:
    path = Path(source)
    if not str(source) or not is_text(str(source)):
        raise CorpusError(f"{str(source)!r} is no path", "a folder or a manifest is expected", messages.REMEDY)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(
            f"{path} does not exist"
            if isinstance(error, FileNotFoundError)
            else f"{path} cannot be opened ({reason})",
            "a folder of clips or a CSV manifest is expected",
            "Check the path",
        ) from error
    if path.is_dir():
        return True
    if not path.is_file() or path.suffix.lower() in AUDIO_EXTENSIONS:
        what = "a single clip" if path.is_file() else "no file"
        raise CorpusError(f"{path} is {what}", "a folder of clips or a CSV manifest is expected", messages.REMEDY)
    return False


def _add_folder(root: Path, gathered: Gathered) -> None:
    found = walk(root)
    everything = _candidates(found)
    fresh = [candidate for candidate in everything if candidate.real_path not in gathered.listed]
    told = _manifests_within(found, gathered)
    if not everything and not told:
        raise messages.no_audio(root, found)
    listed = {clip.real_path for clip in told}
    candidates = [candidate for candidate in fresh if candidate.real_path not in listed]
    clips = [clip for clip in recognised_clips(folder_name(root), candidates) if clip is not None]
    if not clips and len(candidates) == len(everything):
        raise messages.none_recognised(root, candidates)
    gathered.notes += [
        *messages.walk_notes(root, found),
        *messages.repeated_notes(root, len(everything) - len(fresh)),
        *messages.unrecognised_notes(root, candidates, clips),
        *messages.label_notes(root, clips),
    ]
    gathered.add([*told, *clips])


def _manifests_within(found: Walk, gathered: Gathered) -> list[Clip]:
    """Return the clips that manifests inside a folder list: they know more than names do."""
    clips: list[Clip] = []
    listed = set(gathered.listed)
    for file in found.manifests:
        try:
            told, notes = _manifest_clips(file, listed)
        except CorpusError as error:
            gathered.notes.append(f"A manifest is not used: {error.message}")
            continue
        clips += told
        listed.update(clip.real_path for clip in told)
        gathered.notes += notes
    return clips


def _candidates(found: Walk) -> list[AudioFile]:
    candidates = []
    for folder in found.folders:
        given = os.path.join(folder.path, "")  # noqa: PTH118 - once per folder, and plain strings per file
        real = os.path.join(folder.real, "")  # noqa: PTH118
        candidates += [
            AudioFile(given + name, real + name, name.rpartition(".")[0], folder.folders) for name in folder.names
        ]
    return candidates


def _manifest_clips(file: Path, listed: set[str]) -> tuple[list[Clip], list[str]]:
    real_folder = cache(os.path.realpath)
    rows = [(_candidate(file.parent, row.path, real_folder), row) for row in read_manifest(file)]
    if not any(_exists(candidate.path) for candidate, _ in rows):
        raise messages.none_exists(file, [candidate.path for candidate, _ in rows])
    # The first row of a file counts; later ones would make it two clips.
    by_file = {candidate.real_path: (candidate, row) for candidate, row in reversed(rows)}
    kept = [pair for real, pair in by_file.items() if real not in listed]
    corpus = corpus_of_manifest(file)
    found = recognise(corpus, [candidate for candidate, _ in kept])
    clips = [clip_of_row(one, row, corpus) for one, (_, row) in zip(found, kept, strict=True)]
    return clips, [
        *messages.repeated_notes(file, len(rows) - len(kept)),
        *messages.label_notes(file, clips),
    ]


def _candidate(base: Path, path: str, real_folder: Callable[[Path], str]) -> AudioFile:
    if "\\" in path and not _exists(str(base / path)):
        # Written on Windows.
        path = path.replace("\\", "/")
    row = PurePath(path)
    joined = base / row
    # Two folders are enough to find a speaker's or an emotion's; where an absolute path begins tells nothing.
    folders = [part for part in row.parent.parts if part != ".." and part != row.anchor]
    real = os.path.join(real_folder(joined.parent), joined.name)  # noqa: PTH118 - one spelling per file
    return AudioFile(str(joined), real, joined.stem, tuple(folders[-2:]))


def _exists(path: str) -> bool:
    # Path.exists raises for names that are too long.
    return os.path.exists(path)  # noqa: PTH110
