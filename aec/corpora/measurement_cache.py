"""Cache of measurements in an SQLite file; a scan works without it, only slower."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

import msgspec

from aec.corpora.layouts.layout import AudioFile
from aec.corpora.measurement import FileMeasurement, FileVersion
from aec.corpora.recognition import recognised_clips
from aec.system.sqlite import SqliteFile

# "aecc" in ASCII, and a version to be raised whenever a file would be measured differently.
_MARK = (0x61656363, 1)
_WAIT_S = 3.0
_SCHEMA = """
CREATE TABLE clips (
    path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, failure TEXT, detail TEXT,
    duration_s REAL, sampling_rate INTEGER, channels INTEGER, peak REAL, clipped_runs INTEGER, digest TEXT
) WITHOUT ROWID
"""
_INSERT = "INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT = """
SELECT number, failure, detail, duration_s, sampling_rate, channels, peak, clipped_runs, digest
FROM wanted JOIN clips USING (path, size, mtime_ns, inode)
"""
_SELECT_PATHS = "SELECT path FROM clips WHERE failure = ''"
_T = TypeVar("_T")


class MeasurementCache:
    """Measurements by file; trouble with the database becomes a note, not an error.

    Parameters
    ----------
    path : Path
        Of an SQLite file, made where it is missing; a damaged one is set aside (`.damaged`) and started anew. A file
        that cannot be used is not tried again.

    Attributes
    ----------
    notes : list of str
        Plain sentences on why measurements could not be read or added.
    """

    def __init__(self, path: Path) -> None:
        self.notes: list[str] = []
        self._path = path
        self._file: SqliteFile | None = SqliteFile(
            path, _SCHEMA, timeout_s=_WAIT_S, mark=_MARK, on_damage=self._note_damage
        )

    def get(self, paths: Sequence[str], versions: Sequence[FileVersion]) -> dict[int, FileMeasurement]:
        """Return the measurements of files that have not changed since.

        Parameters
        ----------
        paths, versions : sequence [shape=(n,)]

        Returns
        -------
        dict of int to FileMeasurement
            By index in `paths`.
        """

        def select(connection: sqlite3.Connection) -> dict[int, FileMeasurement]:
            wanted = ((number, os.fsencode(path), *versions[number]) for number, path in enumerate(paths))
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("CREATE TEMP TABLE wanted (number, path BLOB, size, mtime_ns, inode)")
            connection.executemany("INSERT INTO wanted VALUES (?, ?, ?, ?, ?)", wanted)
            rows = connection.execute(_SELECT)
            return {number: one for number, *facts in rows if (one := _measurement(facts)) is not None}

        return self._run(select) or {}

    def put(self, entries: Iterable[tuple[str, FileVersion, FileMeasurement]]) -> None:
        """Add measurements, all of them or none."""
        rows = [(os.fsencode(path), *version, *measurement) for path, version, measurement in entries]
        if rows:
            self._run(lambda connection: connection.executemany(_INSERT, rows))

    def _run(self, action: Callable[[sqlite3.Connection], _T]) -> _T | None:
        if self._file is None:
            return None
        try:
            return self._file.run(action)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            self._file = None
            self.notes.append(
                f"Measurements are not cached in {self._path} ({error}): the next scan reads every clip again."
            )
            return None

    def _note_damage(self, error: Exception) -> None:
        self.notes.append(f"The cache of measurements {self._path} was damaged and is started anew ({error}).")


@dataclass(frozen=True)
class CachedCounts:
    """Counts of the clips in a cache.

    Parameters
    ----------
    clips : int
        Clips that could be decoded.
    speakers : int
        Speakers in their names.
    """

    clips: int = 0
    speakers: int = 0


def cached_counts(file: Path, roots: Sequence[Path], without: Iterable[Path] = ()) -> CachedCounts:
    """Count the clips below some folders that earlier scans measured.

    No folder and no sound is read. Clips that were deleted since then still count.

    Parameters
    ----------
    file : Path
        Of the cache; all counts are zero where it is missing or cannot be read.
    roots : sequence of Path
        Folders, of which each holds corpora in folders or is one itself.
    without : iterable of Path
        Folders that are counted elsewhere.
    """
    excluded, wanted = (tuple(_with_separator(folder) for folder in folders) for folders in (without, roots))
    paths = [path for path in _cached_paths(file) if path.startswith(wanted) and not path.startswith(excluded)]
    return CachedCounts(len(paths), len(_speakers(paths, wanted)))


def _with_separator(folder: Path) -> str:
    return os.path.join(os.path.realpath(folder), "")  # noqa: PTH118 - with the separator at its end


def _cached_paths(file: Path) -> list[str]:
    if not file.is_file():
        return []
    try:
        # Read only: counting must neither make the file nor wait long for a scan that writes it.
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0.5)) as connection:
            return [os.fsdecode(path) for (path,) in connection.execute(_SELECT_PATHS)]
    except (sqlite3.Error, TypeError):
        # The next scan reports a damaged file, and starts it anew.
        return []


def _speakers(paths: Sequence[str], roots: Sequence[str]) -> set[str]:
    """Return the speakers in names; each folder below a root is one source."""
    sources: dict[str, list[AudioFile]] = {}
    for path in paths:
        root = next(root for root in roots if path.startswith(root))
        parts = PurePath(path.removeprefix(root)).parts
        source = parts[0] if len(parts) > 1 else PurePath(root).name
        file = AudioFile(path, path, PurePath(path).stem, (source, *parts[1:-1]))
        sources.setdefault(source, []).append(file)
    clips = [clip for source, files in sources.items() for clip in recognised_clips(source, files)]
    return {clip.facts.speaker for clip in clips if clip is not None and clip.facts.speaker}


def _measurement(facts: list[object]) -> FileMeasurement | None:
    """Return the measurement of a row, None where it is damaged."""
    try:
        one = msgspec.convert(facts, FileMeasurement)
    except msgspec.ValidationError:
        return None
    return one if one.failure or None not in one else None
