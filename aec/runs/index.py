"""The queue and the list of runs in one SQLite file; the run folders are the truth, this is how to find them fast.

Several servers, tabs and workers use it at once: SQLite's own transactions decide who takes what. A damaged index is
set aside and rebuilt from the folders.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aec.errors import RunError
from aec.runs.run import ENDED, Run, list_runs
from aec.system.sqlite import SqliteFile

_T = TypeVar("_T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL,
    owner TEXT NOT NULL DEFAULT '', cancel INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_state ON runs (state, created);
"""
_BUSY_S = 20.0


@dataclass(frozen=True)
class Entry:
    """A run as the index knows it.

    Parameters
    ----------
    id : str
        Name of the folder under `AEC_HOME/runs`.
    kind : str
        What it trains or measures.
    state : str
    created : float
        Seconds since the epoch.
    owner : str
        Who asked for it: a visitor's token, empty for a shell.
    cancel : bool
        Whether somebody asked it to stop.
    """

    id: str
    kind: str
    state: str
    created: float
    owner: str
    cancel: bool


class RunIndex:
    """The list of runs below an `AEC_HOME`.

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
        """Add a run at the end of the queue."""
        row = (run_id, kind, state, time.time(), owner)
        self._do(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO runs (id, kind, state, created, owner) VALUES (?, ?, ?, ?, ?)", row
            )
        )

    def claim(self) -> str | None:
        """Take the run that waits longest, and return its id; no two callers get the same."""
        query = """UPDATE runs SET state = 'running' WHERE id = (
            SELECT id FROM runs WHERE state = 'queued' ORDER BY created, id LIMIT 1
        ) RETURNING id"""
        row = self._do(lambda db: db.execute(query).fetchone())
        return None if row is None else str(row[0])

    def set_state(self, run_id: str, state: str) -> None:
        """Note the state that a run's folder says."""
        self._do(lambda db: db.execute("UPDATE runs SET state = ? WHERE id = ?", (state, run_id)))

    def ask_to_cancel(self, run_id: str) -> str:
        """Cancel a run that waits, mark one that runs; return the state that it has then."""

        def mark(db: sqlite3.Connection) -> str:
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE runs SET state = 'cancelled' WHERE id = ? AND state = 'queued'", [run_id])
            db.execute("UPDATE runs SET cancel = 1 WHERE id = ? AND state = 'running'", [run_id])
            row = db.execute("SELECT state FROM runs WHERE id = ?", [run_id]).fetchone()
            return "" if row is None else str(row[0])

        return self._do(mark)

    def wants_cancel(self, run_id: str) -> bool:
        """Return whether somebody asked a running run to stop."""
        row = self._do(lambda db: db.execute("SELECT cancel FROM runs WHERE id = ?", [run_id]).fetchone())
        return row is not None and bool(row[0])

    def forget(self, run_id: str) -> None:
        """Drop a run from the list; its folder is not touched."""
        self._do(lambda db: db.execute("DELETE FROM runs WHERE id = ?", [run_id]))

    def entries(self, *states: str) -> list[Entry]:
        """Return the runs in some states (all if none is named), oldest first."""
        where = f"WHERE state IN ({','.join('?' * len(states))})" if states else ""
        query = f"SELECT id, kind, state, created, owner, cancel FROM runs {where} ORDER BY created, id"  # noqa: S608
        rows = self._do(lambda db: db.execute(query, states).fetchall())
        return [Entry(name, kind, state, made, owner, bool(stop)) for name, kind, state, made, owner, stop in rows]

    def _do(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return self._file.run(action)
        except sqlite3.OperationalError as error:
            raise RunError(
                f"the list of runs cannot be used ({error})",
                "",
                "Free some space, or set AEC_HOME to a folder that can be written",
            ) from error

    def _add_existing(self, db: sqlite3.Connection) -> None:
        """Fill a new list from the run folders: ended runs are listed again, queued ones wait again."""
        rows = [_row(run) for run in list_runs(self.home) if _is_whole(run)]
        db.executemany("INSERT OR IGNORE INTO runs (id, kind, state, created, owner) VALUES (?, ?, ?, ?, ?)", rows)


def _row(run: Run) -> tuple[Any, ...]:
    state = run.state()
    created = run.folder.stat().st_mtime
    return (run.id, str(run.config().get("kind", "run")), state["state"], created, str(state.get("owner", "")))


def _is_whole(run: Run) -> bool:
    try:
        return bool(run.config()) and run.state()["state"] in {"queued", "running", *ENDED}
    except (RunError, KeyError):
        return False
