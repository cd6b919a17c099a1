"""Features remembered between runs, in one SQLite file that several processes may use at once."""

import contextlib
import functools
import json
import logging
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from aec.features import FeatureSpec

log = logging.getLogger(__name__)
_T = TypeVar("_T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS features (
    key BLOB PRIMARY KEY, coefficients INTEGER NOT NULL, checksum INTEGER NOT NULL, used REAL NOT NULL,
    size INTEGER NOT NULL, matrix BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_use ON features (used, size);
"""
# Bound parameters per statement; SQLite's own limit is far higher, the query planner's patience is not.
_CHUNK = 500
_BUSY_S = 30.0
# What was used so lately need not be marked again: a read that writes nothing takes a third less.
_FRESH_S = 3600.0


def feature_key(digest: str, spec: FeatureSpec, engine: str, version: object) -> bytes:
    """Return the key under which the features of some samples are remembered.

    Parameters
    ----------
    digest : str
        Of the decoded samples (`aec.audio.Levels.digest`), so that a renamed or re-packed clip is found again.
    spec : FeatureSpec
    engine : str
    version : object
        The engine's `ALGORITHM_VERSION`.
    """
    return blake2b(f"{digest} {_settings(spec, engine, str(version))}".encode(), digest_size=16).digest()


@functools.lru_cache(maxsize=16)
def _settings(spec: FeatureSpec, engine: str, version: str) -> str:
    return json.dumps([msgspec.to_builtins(spec), engine, version], sort_keys=True)


def _fetch(db: sqlite3.Connection, query: str, values: Sequence[bytes]) -> list[tuple[bytes, int, int, float, bytes]]:
    return db.execute(query, values).fetchall()


class FeatureStore:
    """Feature matrices by key, each with a checksum that is verified on reading.

    A store that is damaged, locked or on a full disk never stops work: what cannot be read counts as missing, what
    cannot be written is left out, and either is logged. A file that is no database any more is set aside and begun
    anew.

    Parameters
    ----------
    path : Path
        The SQLite file; made when first written.
    max_mb : float
        Once the matrices take more, those unused for longest go.
    """

    def __init__(self, path: Path, max_mb: float = 2000.0) -> None:
        self.path = path
        self._max_bytes = max_mb * 1e6

    def read(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, np.ndarray]]:
        """Yield (key, matrix [shape=(frames, coefficients), dtype=float32]) for each key that is known.

        Those are marked as used, so that eviction takes others first.
        """
        if not self.path.exists():
            return
        wanted = sorted(set(keys))
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            query = f"SELECT key, coefficients, checksum, used, matrix FROM features WHERE key IN ({marks})"  # noqa: S608
            rows = self._attempt(partial(_fetch, query=query, values=chunk)) or []
            now = time.time()
            self.touch([row[0] for row in rows if now - row[3] > _FRESH_S])
            for key, coefficients, checksum, _, blob in rows:
                if zlib.crc32(blob) != checksum or coefficients < 1 or len(blob) % (4 * coefficients):
                    log.warning("A remembered feature matrix is damaged; it is computed anew.")
                    continue
                yield key, np.frombuffer(blob, dtype="<f4").reshape(-1, coefficients)

    def write(self, items: Iterable[tuple[bytes, np.ndarray]]) -> None:
        """Remember matrices [shape=(frames, coefficients)] under their keys, in one transaction."""
        now = time.time()
        rows = []
        for key, matrix in items:
            blob = np.ascontiguousarray(matrix, dtype="<f4").tobytes()
            rows.append((key, matrix.shape[1], zlib.crc32(blob), now, len(blob), blob))

        def insert(db: sqlite3.Connection) -> None:
            db.executemany("INSERT OR REPLACE INTO features VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._evict(db)

        if rows:
            self._attempt(insert)

    def touch(self, keys: Sequence[bytes]) -> None:
        """Mark keys as used now, so that eviction takes others first."""
        if not keys:
            return
        now = time.time()
        self._attempt(
            lambda db: db.executemany("UPDATE features SET used = ? WHERE key = ?", [(now, key) for key in keys])
        )

    def size_mb(self) -> float:
        """Return the size of all remembered matrices in MB."""
        total = self._attempt(lambda db: db.execute("SELECT COALESCE(SUM(size), 0) FROM features").fetchone()[0])
        return float(total or 0) / 1e6

    def _evict(self, db: sqlite3.Connection) -> None:
        (total,) = db.execute("SELECT COALESCE(SUM(size), 0) FROM features").fetchone()
        excess = total - self._max_bytes
        if excess <= 0:
            return
        oldest = []
        for key, size in db.execute("SELECT key, size FROM features ORDER BY used"):
            oldest.append((key,))
            excess -= size
            if excess <= 0:
                break
        db.executemany("DELETE FROM features WHERE key = ?", oldest)

    def _attempt(self, action: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """Run an action on the database; a store out of order is reported and answers None."""
        try:
            with contextlib.closing(self._connect()) as db, db:
                return action(db)
        except sqlite3.DatabaseError as error:
            log.warning("The feature store %s cannot be used (%s).", self.path.name, error)
            # Locked, read-only or on a full disk is operational and passes; anything else is damage.
            if not isinstance(error, sqlite3.OperationalError):
                self._set_aside()
        except OSError as error:
            log.warning("The feature store %s cannot be used (%s).", self.path.name, error)
        return None

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self.path, timeout=_BUSY_S)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.executescript(_SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _set_aside(self) -> None:
        log.warning("The damaged store is set aside as %s.damaged and begun anew.", self.path.name)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.replace(self.path.with_name(self.path.name + ".damaged"))
