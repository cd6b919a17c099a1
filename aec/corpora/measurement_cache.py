"""Cache of measurements in an SQLite file; a scan works without it, only slower."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from aec.corpora.layouts.layout import AudioFile
from aec.corpora.measurement import FileMeasurement, FileVersion
from aec.corpora.recognition import recognised_clips

_PATHS = "SELECT path FROM clips WHERE failure = ''"
# "aecc" in ASCII, so that no other program's database is ever written to.
_APPLICATION_ID = 0x61656363
# To be raised whenever a file would be measured differently: older memories are then forgotten.
_VERSION = 1
_WAIT_S = 3.0
_SCHEMA = """
CREATE TABLE clips (
    path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, inode INTEGER, failure TEXT, detail TEXT,
    duration_s REAL, sampling_rate INTEGER, channels INTEGER, peak REAL, clipped_runs INTEGER, digest TEXT
) WITHOUT ROWID
"""
_INSERT = "INSERT OR REPLACE INTO clips VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_RECALL = """
SELECT number, failure, detail, duration_s, sampling_rate, channels, peak, clipped_runs, digest
FROM wanted JOIN clips USING (path, size, mtime_ns, inode)
"""
_FACT_TYPES = (float, int, int, float, int, str)
# Python cannot always read the message about a damaged name.
_TROUBLE = (sqlite3.Error, UnicodeDecodeError)
# SQLite's own names for errors where the place is at fault, not the content.
_PLACE = ("BUSY", "LOCKED", "READONLY", "CANTOPEN", "IOERR", "FULL", "PERM", "AUTH", "NOMEM", "NOLFS")


class MeasurementCache:
    """Measurements by file; trouble with the database becomes a note, not an error.

    Parameters
    ----------
    file : Path
        Made where it is missing; one that is damaged is set aside (`.damaged`) and begun anew.

    Attributes
    ----------
    notes : list of str
        Plain sentences on why measurements could not be recalled or kept.
    """

    def __init__(self, file: Path) -> None:
        self.notes: list[str] = []
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._open()

    def close(self) -> None:
        """Close the file; the memory then knows nothing and keeps nothing."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

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
        if self._connection is None:
            return {}
        wanted = ((at, os.fsencode(path), *versions[at]) for at, path in enumerate(paths))
        try:
            with _transaction(self._connection, "DEFERRED") as connection:
                connection.execute("CREATE TEMP TABLE wanted (number, path BLOB, size, mtime_ns, inode)")
                connection.executemany("INSERT INTO wanted VALUES (?, ?, ?, ?, ?)", wanted)
                rows = connection.execute(_RECALL).fetchall()
                connection.execute("DROP TABLE wanted")
        except _TROUBLE as error:
            self._fail(error)
            return {}
        return {number: FileMeasurement(*facts) for number, *facts in rows if _is_plausible(*facts)}

    def put(self, entries: Iterable[tuple[str, FileVersion, FileMeasurement]]) -> None:
        """Add measurements, all of them or none."""
        rows = [(os.fsencode(path), *version, *measurement) for path, version, measurement in entries]
        if self._connection is None or not rows:
            return
        try:
            with _transaction(self._connection, "IMMEDIATE") as connection:
                connection.executemany(_INSERT, rows)
        except _TROUBLE as error:
            self._fail(error)

    def _open(self, *, again: bool = False) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self._file, timeout=_WAIT_S, isolation_level=None)
            if not _prepare(self._connection):
                self._give_up("it belongs to another program")
        except OSError as error:
            self._give_up(error.strerror or str(error))
        except _TROUBLE as error:
            if again:
                self._give_up(str(error))
            else:
                self._fail(error)

    def _fail(self, error: Exception) -> None:
        """Begin a damaged file anew; do without one that cannot be used where it is."""
        name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")
        if name.startswith(_PLACE):
            self._give_up(str(error))
            return
        self.close()
        try:
            _set_aside(self._file)
        except OSError as trouble:
            self._give_up(trouble.strerror or str(trouble))
            return
        self.notes.append(f"The memory of measurements {self._file} was damaged and is begun anew ({error}).")
        self._open(again=True)

    def _give_up(self, reason: str) -> None:
        self.close()
        self.notes.append(
            f"Measurements are not remembered in {self._file} ({reason}): the next scan reads every clip again."
        )


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
            return [os.fsdecode(path) for (path,) in connection.execute(_PATHS)]
    except (sqlite3.Error, TypeError):
        # The next scan reports a damaged file, and begins it anew.
        return []


def _speakers(paths: Sequence[str], roots: Sequence[str]) -> set[str]:
    """Return the speakers in names, recognising each folder below a root as one source."""
    sources: dict[str, list[AudioFile]] = {}
    for path in paths:
        root = next(root for root in roots if path.startswith(root))
        parts = PurePath(path.removeprefix(root)).parts
        source = parts[0] if len(parts) > 1 else PurePath(root).name
        file = AudioFile(path, path, PurePath(path).stem, (source, *parts[1:-1]))
        sources.setdefault(source, []).append(file)
    clips = [clip for source, files in sources.items() for clip in recognised_clips(source, files)]
    return {clip.facts.speaker for clip in clips if clip is not None and clip.facts.speaker}


def _is_plausible(failure: object, detail: object, *facts: object) -> bool:
    """Return whether a row can have been written by us: a flipped bit turns a number into a text, or into nothing."""
    told = isinstance(failure, str) and isinstance(detail, str)
    return told and (failure != "" or all(map(isinstance, facts, _FACT_TYPES)))


@contextmanager
def _transaction(connection: sqlite3.Connection, mode: str) -> Iterator[sqlite3.Connection]:
    connection.execute(f"BEGIN {mode}")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection) -> bool:
    """Make the table where there is none; return False for another program's database."""
    connection.execute("PRAGMA temp_store = MEMORY")
    # Losing the last batch to a power cut costs a second; waiting for the disk each time costs more.
    connection.execute("PRAGMA synchronous = NORMAL")
    if _is_current(connection):
        return True
    with _transaction(connection, "IMMEDIATE"):
        # Another process may have been faster.
        if _is_current(connection):
            return True
        tables = _number(connection, "SELECT count(*) FROM sqlite_master")
        if tables and _number(connection, "PRAGMA application_id") != _APPLICATION_ID:
            return False
        connection.execute("DROP TABLE IF EXISTS clips")
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    return True


def _is_current(connection: sqlite3.Connection) -> bool:
    return (
        _number(connection, "PRAGMA application_id") == _APPLICATION_ID
        and _number(connection, "PRAGMA user_version") == _VERSION
    )


def _number(connection: sqlite3.Connection, question: str) -> int:
    with closing(connection.execute(question)) as cursor:
        return int(cursor.fetchone()[0])


def _set_aside(file: Path) -> None:
    """Move a damaged database and its companions out of the way, so that no old journal is played into a new one."""
    for ending in ("", "-journal", "-wal", "-shm"):
        part = file.with_name(file.name + ending)
        if part.exists():
            part.replace(part.with_name(part.name + ".damaged"))
