"""Index of the runs in an SQLite file: the queue and the list.

Servers, browser tabs and workers use it at once: SQLite's transactions decide which worker takes which run. A damaged
or lost index is rebuilt from the run folders.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from aec.errors import RunError
from aec.runs.run import list_runs
from aec.system.sqlite import SqliteFile

_T = TypeVar("_T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL,
    owner TEXT NOT NULL DEFAULT '', cancel INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_state ON runs (state, created);
"""
_INTO = "INTO runs (id, kind, state, created, owner) VALUES (?, ?, ?, ?, ?)"
_BUSY_S = 20.0


class IndexEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the index.

    Parameters
    ----------
    id : str
        Name of the folder under `AEC_HOME/runs`.
    kind : str
        `benchmark`, or the kind of the trained model.
    state : str
    created : float
        Seconds since the epoch.
    owner : str
        Token of the visitor who submitted it; empty for a shell.
    cancelling : bool
        Whether its cancellation was requested.
    """

    id: str
    kind: str
    state: str
    created: float
    owner: str
    cancelling: bool


class RunIndex:
    """Index of the runs of an `AEC_HOME`.

    Parameters
    ----------
    home : Path
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = home / "index.sqlite"
        self._file = SqliteFile(self.path, _SCHEMA, timeout_s=_BUSY_S, fill=self._add_existing)

    def folder(self, run_id: str) -> Path:
        """Return a run's folder."""
        return self.home / "runs" / run_id

    def add(self, run_id: str, kind: str, owner: str = "", state: str = "queued") -> None:
        """Add a run at the end of the queue, or in another state."""
        self._execute(f"INSERT OR REPLACE {_INTO}", run_id, kind, state, time.time(), owner)

    def claim(self) -> str | None:
        """Mark the oldest queued run as running and return its id, to one caller only."""
        query = """UPDATE runs SET state = 'running' WHERE id = (
            SELECT id FROM runs WHERE state = 'queued' ORDER BY created, id LIMIT 1
        ) RETURNING id"""
        rows = self._execute(query)
        return str(rows[0][0]) if rows else None

    def set_state(self, run_id: str, state: str) -> None:
        """Set the state of a run to that of its folder."""
        self._execute("UPDATE runs SET state = ? WHERE id = ?", state, run_id)

    def request_cancel(self, run_id: str) -> str:
        """Cancel a queued run, or request the cancellation of a running one.

        Returns
        -------
        str
            The state after that; empty for an unknown run.
        """

        def mark(db: sqlite3.Connection) -> str:
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE runs SET state = 'cancelled' WHERE id = ? AND state = 'queued'", [run_id])
            db.execute("UPDATE runs SET cancel = 1 WHERE id = ? AND state = 'running'", [run_id])
            row = db.execute("SELECT state FROM runs WHERE id = ?", [run_id]).fetchone()
            return "" if row is None else str(row[0])

        return self._run(mark)

    def is_cancel_requested(self, run_id: str) -> bool:
        """Return whether the cancellation of a run was requested."""
        return self._execute("SELECT cancel FROM runs WHERE id = ?", run_id) == [(1,)]

    def remove(self, run_id: str) -> None:
        """Remove a run from the index; its folder is not touched."""
        self._execute("DELETE FROM runs WHERE id = ?", run_id)

    def entries(self, *states: str) -> list[IndexEntry]:
        """Return the runs in some states (default: all), oldest first."""
        where = f"WHERE state IN ({','.join('?' * len(states))})" if states else ""
        query = f"SELECT id, kind, state, created, owner, cancel FROM runs {where} ORDER BY created, id"  # noqa: S608
        rows = self._execute(query, *states)
        fields = IndexEntry.__struct_fields__
        # SQLite keeps truth values as numbers, which `strict=False` converts.
        return [msgspec.convert(dict(zip(fields, row, strict=True)), IndexEntry, strict=False) for row in rows]

    def _execute(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self._run(lambda db: db.execute(query, values).fetchall())

    def _run(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return self._file.run(action)
        except sqlite3.OperationalError as error:
            raise RunError(
                f"the list of runs cannot be used ({error})",
                "",
                "Free some space, or set AEC_HOME to a folder that can be written",
            ) from error

    def _add_existing(self, db: sqlite3.Connection) -> None:
        """Fill a new index from the run folders, in which queued runs are queued again."""
        db.executemany(f"INSERT OR IGNORE {_INTO}", _existing_rows(self.home))


def _existing_rows(home: Path) -> Iterator[tuple[str, str, str, float, str]]:
    for run in list_runs(home):
        try:
            state, job = run.state(), run.job_config()
        except RunError:
            continue
        yield run.id, job.kind, state.name, run.folder.stat().st_mtime, job.owner
