"""Cache of features between runs, in an SQLite file that processes share."""

import functools
import json
import logging
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from aec.features.spec import FeatureSpec
from aec.system.sqlite import SqliteFile

log = logging.getLogger(__name__)
_T = TypeVar("_T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS features (
    key BLOB PRIMARY KEY, coefficients INTEGER NOT NULL, checksum INTEGER NOT NULL, used REAL NOT NULL,
    size INTEGER NOT NULL, matrix BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_use ON features (used, size);
"""
# Bound parameters per statement; SQLite's own limit is far higher, but its query planner becomes slow.
_CHUNK = 500
_BUSY_S = 30.0
# Matrices used this recently are not marked again: a read that writes nothing takes a third less.
_FRESH_S = 3600.0


def feature_key(digest: str, spec: FeatureSpec, engine: str, version: object) -> bytes:
    """Return the key of the features of some samples.

    Parameters
    ----------
    digest : str
        Of the decoded samples (`aec.audio.Levels.digest`): the same for a renamed or re-packed clip.
    spec : FeatureSpec
    engine : str
    version : object
        The engine's `ALGORITHM_VERSION`.
    """
    return blake2b(f"{digest} {_settings(spec, engine, str(version))}".encode(), digest_size=16).digest()


@functools.lru_cache(maxsize=16)
def _settings(spec: FeatureSpec, engine: str, version: str) -> str:
    return json.dumps([msgspec.to_builtins(spec), engine, version], sort_keys=True)


class FeatureStore:
    """Feature matrices by key, each with a checksum that is verified on reading.

    A store that is damaged, locked or on a full disk never stops work: it is logged, matrices that cannot be read are
    missing, and those that cannot be written are not stored.

    Parameters
    ----------
    path : Path
        The SQLite file; made when first written.
    max_mb : float
        Above this size of all matrices, the least recently used ones are removed.
    """

    def __init__(self, path: Path, max_mb: float = 2000.0) -> None:
        self.path = path
        self._max_bytes = max_mb * 1e6
        self._file = SqliteFile(path, _SCHEMA, timeout_s=_BUSY_S)

    def read(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, np.ndarray]]:
        """Yield key and matrix of each stored key, and mark them as used.

        Yields
        ------
        tuple of (bytes, np.ndarray [shape=(frames, coefficients), dtype=float32])
        """
        if not self.path.exists():
            return
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), _CHUNK):
            rows = self._run(functools.partial(_select, keys=wanted[start : start + _CHUNK])) or []
            now = time.time()
            self.touch([row[0] for row in rows if now - row[3] > _FRESH_S])
            for key, coefficients, checksum, _, blob in rows:
                if zlib.crc32(blob) != checksum or coefficients < 1 or len(blob) % (4 * coefficients):
                    log.warning("A stored feature matrix is damaged; it is computed anew.")
                    continue
                yield key, np.frombuffer(blob, dtype="<f4").reshape(-1, coefficients)

    def write(self, items: Iterable[tuple[bytes, np.ndarray]]) -> None:
        """Store matrices [shape=(frames, coefficients)] by key, in one transaction."""
        now = time.time()
        rows = []
        for key, matrix in items:
            blob = np.ascontiguousarray(matrix, dtype="<f4").tobytes()
            rows.append((key, matrix.shape[1], zlib.crc32(blob), now, len(blob), blob))

        def insert(db: sqlite3.Connection) -> None:
            db.executemany("INSERT OR REPLACE INTO features VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._evict(db)

        if rows:
            self._run(insert)

    def touch(self, keys: Sequence[bytes]) -> None:
        """Mark keys as used now."""
        if keys:
            marks = [(time.time(), key) for key in keys]
            self._run(lambda db: db.executemany("UPDATE features SET used = ? WHERE key = ?", marks))

    def _evict(self, db: sqlite3.Connection) -> None:
        excess = _total_bytes(db) - self._max_bytes
        if excess <= 0:
            return
        oldest = []
        for key, size in db.execute("SELECT key, size FROM features ORDER BY used"):
            oldest.append((key,))
            excess -= size
            if excess <= 0:
                break
        db.executemany("DELETE FROM features WHERE key = ?", oldest)

    def _run(self, action: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """Run an action in a transaction; log a store that cannot be used and return None."""
        try:
            return self._file.run(action)
        except sqlite3.DatabaseError as error:
            log.warning("The feature store %s cannot be used (%s).", self.path.name, error)
        return None


def _select(db: sqlite3.Connection, keys: Sequence[bytes]) -> list[tuple[bytes, int, int, float, bytes]]:
    marks = ",".join("?" * len(keys))
    query = f"SELECT key, coefficients, checksum, used, matrix FROM features WHERE key IN ({marks})"  # noqa: S608
    return db.execute(query, keys).fetchall()


def _total_bytes(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT COALESCE(SUM(size), 0) FROM features").fetchone()[0])
