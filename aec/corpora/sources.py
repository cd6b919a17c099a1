"""Clips of folders and manifests in table order, and notes on files left out."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath

from aec.audio import AUDIO_EXTENSIONS
from aec.corpora.file_search import FoundFiles, find_files, folder_name, is_unicode, natural_key
from aec.corpora.layouts.layout import AudioFile
from aec.corpora.layouts.registry import LAYOUTS
from aec.corpora.manifest import corpus_of_manifest, read_manifest
from aec.corpora.notes import counted, label_notes, repeated_notes, search_notes, unrecognised_notes
from aec.corpora.recognition import Clip, manifest_clips, recognised_clips
from aec.errors import CorpusError

_REMEDY = "Give the folder that holds the clips, or a CSV manifest with the columns path and emotion"


@dataclass(slots=True)
class SourceClips:
    """The clips of all sources.

    Parameters
    ----------
    clips : list of Clip
        Sources in the order given, then by path, numbers in it by their value.
    notes : list of str
        Plain sentences on files that were left out.
    listed : set of str
        `AudioFile.real_path` of all clips.
    """

    clips: list[Clip] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)

    def add(self, clips: Sequence[Clip]) -> None:
        """Append the clips of one source."""
        self.clips += sorted(clips, key=lambda clip: natural_key(clip.file.path))
        self.listed.update(clip.file.real_path for clip in clips)


def clips_of_sources(sources: Sequence[Path | str]) -> SourceClips:
    """Recognise the clips of every source by name; nothing is decoded.

    Parameters
    ----------
    sources : sequence of Path or str
        Folders and manifests. A file in several of them is listed once, with the first. A `manifest.csv` inside a
        folder gives the labels of the clips it lists; the others are recognised by name.

    Raises
    ------
    CorpusError
        A source that does not exist or cannot be opened, or gives no clip at all.
    """
    # A single string is a sequence too: of letters.
    given = [sources] if isinstance(sources, str | PurePath) else list(sources)
    if not given:
        raise CorpusError("no folder was given", "a folder or a manifest is expected", _REMEDY)
    result = SourceClips()
    for source in given:
        if _is_folder(source):
            _add_folder(Path(source), result)
        else:
            clips, notes = _clips_of_manifest(Path(source), result.listed)
            result.notes += notes
            result.add(clips)
    return result


def _is_folder(source: Path | str) -> bool:
    path = Path(source)
    if not str(source) or not is_unicode(str(source)):
        raise CorpusError(f"{str(source)!r} is no path", "a folder or a manifest is expected", _REMEDY)
    expected = "a folder of clips or a CSV manifest is expected"
    try:
        path.stat()
    except FileNotFoundError as error:
        raise CorpusError(f"{path} does not exist", expected, "Check the path") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"{path} cannot be opened ({reason})", expected, "Check the path") from error
    if path.is_dir():
        return True
    if not path.is_file() or path.suffix.lower() in AUDIO_EXTENSIONS:
        kind = "a single clip" if path.is_file() else "no file"
        raise CorpusError(f"{path} is {kind}", expected, _REMEDY)
    return False


def _add_folder(root: Path, result: SourceClips) -> None:
    found = find_files(root)
    fresh = [file for file in found.audio if file.real_path not in result.listed]
    by_manifest = _clips_of_manifests(found, result)
    if not found.audio and not by_manifest:
        raise _no_audio(root, found)
    listed = {clip.file.real_path for clip in by_manifest}
    files = [file for file in fresh if file.real_path not in listed]
    clips = [clip for clip in recognised_clips(folder_name(root), files) if clip is not None]
    if files and not clips and len(files) == len(found.audio):
        raise _none_recognised(root, files)
    result.notes += [
        *search_notes(root, found),
        *repeated_notes(root, len(found.audio) - len(fresh)),
        *unrecognised_notes(root, files, clips),
        *label_notes(root, clips),
    ]
    result.add([*by_manifest, *clips])


def _no_audio(root: Path, found: FoundFiles) -> CorpusError:
    if found.unreadable:
        path, reason = found.unreadable[0]
        return CorpusError(
            f"no audio could be found in {root}: {path or root} cannot be opened ({reason})",
            "a folder of clips is expected",
            "Check the folder's permissions",
        )
    return CorpusError(
        f"there is no audio in {root}", "files such as .wav, .flac, .mp3, .ogg or .m4a are expected", _REMEDY
    )


def _none_recognised(root: Path, files: Sequence[AudioFile]) -> CorpusError:
    wanted = ", ".join(f"{layout.example} ({layout.title})" for layout in LAYOUTS)
    return CorpusError(
        f"no emotion is known of the {counted(len(files), 'audio file')} in {root}, for example "
        f"{min(file.path for file in files)}",
        f"names or folders like {wanted} are expected",
        "Sort the clips into folders named after emotions, or write a CSV manifest with the columns path and emotion",
    )


def _clips_of_manifests(found: FoundFiles, result: SourceClips) -> list[Clip]:
    """Return the clips in the manifests of a folder, which go before file names."""
    clips: list[Clip] = []
    listed = set(result.listed)
    for file in found.manifests:
        try:
            more, notes = _clips_of_manifest(file, listed)
        except CorpusError as error:
            result.notes.append(f"A manifest is not used: {error.message}")
            continue
        clips += more
        listed.update(clip.file.real_path for clip in more)
        result.notes += notes
    return clips


def _clips_of_manifest(manifest: Path, listed: set[str]) -> tuple[list[Clip], list[str]]:
    """Return the clips that a manifest lists and that are not listed yet, and notes."""
    real_folder = cache(os.path.realpath)
    rows = [(_file_of_row(manifest.parent, path, real_folder), facts) for path, facts in read_manifest(manifest)]
    if not any(_exists(file.path) for file, _ in rows):
        raise CorpusError(
            f"{manifest} lists {counted(len(rows), 'file')} and none exists, for example {rows[0][0].path}",
            "paths relative to the manifest's folder are expected",
            "Correct the paths, or move the manifest to where they start",
        )
    # The first row of a file counts; later ones would make it two clips.
    by_path = {file.real_path: (file, facts) for file, facts in reversed(rows)}
    kept = [pair for path, pair in by_path.items() if path not in listed]
    clips = manifest_clips(corpus_of_manifest(manifest), kept)
    return clips, [*repeated_notes(manifest, len(rows) - len(kept)), *label_notes(manifest, clips)]


def _file_of_row(base: Path, path: str, real_folder: Callable[[Path], str]) -> AudioFile:
    if "\\" in path and not _exists(str(base / path)):
        # Written on Windows.
        path = path.replace("\\", "/")
    row = PurePath(path)
    joined = base / row
    # Two folders are enough to find a speaker's or an emotion's; the beginning of an absolute path is no label.
    folders = [part for part in row.parent.parts if part != ".." and part != row.anchor]
    real_path = os.path.join(real_folder(joined.parent), joined.name)  # noqa: PTH118 - one spelling per file
    return AudioFile(str(joined), real_path, joined.stem, tuple(folders[-2:]))


def _exists(path: str) -> bool:
    # Path.exists raises for names that are too long.
    return os.path.exists(path)  # noqa: PTH110
