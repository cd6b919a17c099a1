"""What earlier scans found, told from their memory alone: no folder is looked at, no sound is read."""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePath

from aec.corpora.clips import Clip, recognised_clips
from aec.corpora.layout import AudioFile

_PATHS = "SELECT path FROM clips WHERE failure = ''"


@dataclass(frozen=True)
class Known:
    """What is remembered of some folders.

    Parameters
    ----------
    clips : int
        That could be decoded.
    speakers : int
        That the clips' names tell.
    corpora : tuple of str
        That the names tell, sorted.
    """

    clips: int = 0
    speakers: int = 0
    corpora: tuple[str, ...] = ()


def known_clips(memory: Path, roots: Sequence[Path], without: Iterable[Path] = ()) -> Known:
    """Return what earlier scans found below some folders; clips that were deleted since then still count.

    Parameters
    ----------
    memory : Path
        The file in which measurements are remembered; nothing is known where it is missing or cannot be read.
    roots : sequence of Path
        Folders, of which each holds corpora in folders or is one itself.
    without : iterable of Path
        Folders that are counted elsewhere.
    """
    skipped, wanted = (tuple(_below(folder) for folder in folders) for folders in (without, roots))
    below = [path for path in _remembered(memory) if path.startswith(wanted)]
    paths = [path for path in below if not path.startswith(skipped)]
    clips = _named(paths, wanted)
    return Known(
        clips=len(paths),
        speakers=len({clip.speaker for clip in clips if clip.speaker}),
        corpora=tuple(sorted({clip.corpus for clip in clips})),
    )


def _below(folder: Path) -> str:
    return os.path.join(os.path.realpath(folder), "")  # noqa: PTH118 - with the separator at its end


def _remembered(memory: Path) -> list[str]:
    if not memory.is_file():
        return []
    try:
        # Read only: a look must neither make the file nor wait long for a scan that writes it.
        with closing(sqlite3.connect(f"{memory.absolute().as_uri()}?mode=ro", uri=True, timeout=0.5)) as connection:
            return [os.fsdecode(path) for (path,) in connection.execute(_PATHS)]
    except (sqlite3.Error, TypeError):
        # The next scan tells what is wrong with it, and mends it.
        return []


def _named(paths: Sequence[str], roots: Sequence[str]) -> list[Clip]:
    """Return the clips that the layouts recognise by name, the folders below each root one by one."""
    found: dict[str, list[AudioFile]] = {}
    for path in paths:
        root = next(root for root in roots if path.startswith(root))
        parts = PurePath(path.removeprefix(root)).parts
        source = parts[0] if len(parts) > 1 else PurePath(root).name
        found.setdefault(source, []).append(AudioFile(path, path, PurePath(path).stem, (source, *parts[1:-1])))
    clips = [clip for source, files in found.items() for clip in recognised_clips(source, files)]
    return [clip for clip in clips if clip is not None]
