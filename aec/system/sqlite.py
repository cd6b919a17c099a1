"""SQLite files shared by processes; a damaged one is set aside and begun anew."""

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

log = logging.getLogger(__name__)
_T = TypeVar("_T")

# Errors of the place rather than of the content: locked, read-only, full, not to be opened.
_PLACE = (
    *("BUSY", "LOCKED", "READONLY", "CANTOPEN", "IOERR", "FULL", "PERM", "AUTH", "NOMEM", "NOLFS"),
    *("PROTOCOL", "INTERRUPT", "MISUSE"),
)


class _UnusableError(sqlite3.OperationalError):
    """The file cannot be used where it is, though SQLite did not say so."""


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
    mark : tuple of int, optional
        Application id and version of the files of this kind, both above zero. A file of another version is emptied,
        and that of another program is refused. A marked file has a schema of one statement, and no write-ahead log:
        it stays readable in a folder that is not writable.
    on_damage : callable, optional
        Called with the error after a damaged file was set aside; default logs it.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        *,
        timeout_s: float,
        fill: Callable[[sqlite3.Connection], object] | None = None,
        mark: tuple[int, int] | None = None,
        on_damage: Callable[[Exception], object] | None = None,
    ) -> None:
        self.path = path
        self._schema = schema
        self._timeout_s = timeout_s
        self._fill = fill
        self._mark = mark
        self._on_damage = on_damage or self._log_damage

    def run(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run an action in a transaction and return its result.

        A damaged file is renamed to `NAME.damaged` and begun anew; the action then runs on the new one.

        Raises
        ------
        sqlite3.OperationalError
            The file cannot be used where it is: locked, read-only, on a full disk, of another program, or its folder
            cannot be made.
        """
        try:
            return self._attempt(action)
        # Python cannot always read the message about a damaged name.
        except (sqlite3.Error, UnicodeDecodeError) as error:
            if not is_damage(error):
                raise sqlite3.OperationalError(str(error)) from error
            damage = error
        try:
            set_aside(self.path)
        except OSError as error:
            raise sqlite3.OperationalError(error.strerror or str(error)) from error
        self._on_damage(damage)
        return self._attempt(action)

    def _log_damage(self, error: Exception) -> None:
        log.warning("%s is damaged (%s); it is kept as %s.damaged and begun anew.", self.path, error, self.path.name)

    def _attempt(self, action: Callable[[sqlite3.Connection], _T]) -> _T:
        is_new = not self.path.exists()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _UnusableError(error.strerror or str(error)) from error
        with contextlib.closing(sqlite3.connect(self.path, timeout=self._timeout_s)) as connection:
            # A power cut may lose the last transaction, never the file.
            connection.execute("PRAGMA synchronous=NORMAL")
            if self._mark is None:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.executescript(self._schema)
            elif _mark_of(connection) != self._mark:
                with connection:
                    self._empty(connection, self._mark)
            if is_new and self._fill is not None:
                with connection:
                    self._fill(connection)
            with connection:
                return action(connection)

    def _empty(self, connection: sqlite3.Connection, mark: tuple[int, int]) -> None:
        """Make the tables of a marked file anew, in one transaction."""
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been faster.
        if _mark_of(connection) == mark:
            return
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        if tables and _mark_of(connection)[0] != mark[0]:
            raise _UnusableError("it belongs to another program")
        for (name,) in tables:
            connection.execute(f'DROP TABLE "{name}"')
        connection.execute(self._schema)
        connection.execute(f"PRAGMA application_id = {mark[0]}")
        connection.execute(f"PRAGMA user_version = {mark[1]}")


def _mark_of(connection: sqlite3.Connection) -> tuple[int, int]:
    values = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    return int(next(values)), int(next(values))


def is_damage(error: Exception) -> bool:
    """Return whether an error means that the content is damaged or no such database."""
    name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")
    # A wrong call is this program's fault, never the file's.
    is_ours = isinstance(error, _UnusableError | sqlite3.ProgrammingError | sqlite3.InterfaceError)
    return not is_ours and not name.startswith(_PLACE)


def set_aside(path: Path) -> None:
    """Rename a damaged database to `NAME.damaged`.

    Its journals are removed, so that none is applied to a new file.
    """
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.replace(path.with_name(f"{path.name}.damaged"))
