"""SQLite files shared by several processes; a damaged one is set aside and begun anew."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

log = logging.getLogger(__name__)
_T = TypeVar("_T")

# Errors of the place rather than of the content: locked, read-only, full, not to be opened.
_PLACE = ("BUSY", "LOCKED", "READONLY", "CANTOPEN", "IOERR", "FULL", "PERM", "AUTH", "NOMEM", "NOLFS")


class SqliteFile:
    """A database that is opened for each transaction.

    Parameters
    ----------
    path : Path
        Made, with its folder, at the first transaction.
    schema : str
        Statements that make missing tables.
    timeout_s : float
        Longest wait for other processes.
    fill : callable, optional
        Called with the connection of a new file, in a transaction of its own.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        *,
        timeout_s: float,
        fill: Callable[[sqlite3.Connection], object] | None = None,
    ) -> None:
        self.path = path
        self._schema = schema
        self._timeout_s = timeout_s
        self._fill = fill

    def run(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run an action in a transaction and return its result.

        A damaged file is renamed to `NAME.damaged`, logged, and begun anew; the action then runs on the new one.

        Raises
        ------
        sqlite3.OperationalError
            The file cannot be used where it is: locked, read-only, on a full disk, or its folder cannot be made.
        """
        try:
            return self._attempt(action)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise sqlite3.OperationalError(str(error)) from error
            log.warning(
                "%s is damaged (%s); it is kept as %s.damaged and begun anew.", self.path, error, self.path.name
            )
        try:
            set_aside(self.path)
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror or str(error)) from error
        return self._attempt(action)

    def _attempt(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        is_new = not self.path.exists()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror or str(error)) from error
        with contextlib.closing(sqlite3.connect(self.path, timeout=self._timeout_s)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            # A power cut may lose the last transaction, never the file.
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(self._schema)
            if is_new and self._fill is not None:
                with connection:
                    self._fill(connection)
            with connection:
                return action(connection)


def is_damage(error: Exception) -> bool:
    """Return whether an error means that the content is damaged, or no database at all."""
    name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")
    return not name.startswith(_PLACE) and not isinstance(error, sqlite3.OperationalError)


def set_aside(path: Path) -> None:
    """Rename a damaged database to `NAME.damaged`, and remove its journals: none may be applied to a new file."""
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.replace(path.with_name(f"{path.name}.damaged"))
