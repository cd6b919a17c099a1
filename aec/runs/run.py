"""Run folder: configuration, state, progress, report, model and checkpoints.

Every file is written atomically, `state.json` last, so that neither a reader nor a crash meets half a file; only
`progress.jsonl` and `log.txt` are appended to.
"""

import contextlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from aec.errors import CancelledError, RunError
from aec.settings import read_settings
from aec.system.files import write_atomically
from aec.system.processes import is_alive, process_start
from aec.system.structs import from_json, to_json

StateName = Literal["queued", "running", "finished", "cancelled", "failed"]
ENDED = frozenset({"finished", "cancelled", "failed"})
_T = TypeVar("_T")


class JobConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Part of a run's configuration that every kind has; the rest is its settings.

    Parameters
    ----------
    kind : str
        `benchmark`, or the kind of the trained model.
    data : tuple of str
        Folders and manifests.
    owner : str
        Token of the visitor who submitted it; empty for a shell.
    limit_s : float or None
        Longest duration in seconds.
    """

    kind: str = "run"
    data: tuple[str, ...] = ()
    owner: str = ""
    limit_s: float | None = None


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """Contents of `state.json`.

    Parameters
    ----------
    name : {"queued", "running", "finished", "cancelled", "failed"}
        The field `state` of the file.
    message : str
        Why it ended so; may be empty.
    created, started, ended : str or None
        Times in ISO 8601, UTC.
    pid : int or None
        Process that carries it out.
    process_started : float or None
        Start of that process in seconds since the epoch.
    uar : float or None
        UAR of a training.
    version : int
        Of this file's format.
    """

    name: StateName = msgspec.field(name="state")
    message: str = ""
    created: str | None = None
    started: str | None = None
    ended: str | None = None
    pid: int | None = None
    process_started: float | None = None
    uar: float | None = None
    version: int = 1


@dataclass(frozen=True)
class Run:
    """A run's folder.

    Parameters
    ----------
    folder : Path
    """

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def model_path(self) -> Path:
        """Path of the run's model."""
        return self.folder / "model.onnx"

    @property
    def report_path(self) -> Path:
        """Path of the run's report."""
        return self.folder / "report.json"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints from which a killed run is resumed."""
        return self.folder / "checkpoint"

    def config(self) -> dict[str, object]:
        """Return the whole configuration as JSON types; raises RunError if damaged."""
        return _read(self.folder / "config.json", dict[str, object])

    def job_config(self) -> JobConfig:
        """Return the part of the configuration that every kind has; raises RunError."""
        return _read(self.folder / "config.json", JobConfig)

    def state(self) -> RunState:
        """Return the state; a run whose process is gone without an end state is `failed`.

        Raises
        ------
        RunError
            The file is missing or damaged.
        """
        state = self._state_in_file()
        if state.name == "running" and not is_alive(state.pid, state.process_started or 0.0):
            message = "The process exited without reporting a result; see the log."
            return msgspec.structs.replace(state, name="failed", message=message)
        return state

    def written_state(self) -> str:
        """Return the state in the file, process alive or not; empty if it is damaged."""
        try:
            return self._state_in_file().name
        except RunError:
            return ""

    def report(self) -> dict[str, object] | None:
        """Return the report as JSON types, None if there is none; raises RunError."""
        return _read(self.report_path, dict[str, object]) if self.report_path.exists() else None

    def progress(self) -> list[dict[str, object]]:
        """Return the progress records as JSON types, without incomplete or damaged lines."""
        records = []
        with contextlib.suppress(FileNotFoundError):
            for line in (self.folder / "progress.jsonl").read_bytes().splitlines():
                with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                    records.append(msgspec.json.decode(line, type=dict[str, object]))
        return records

    def last_progress(self) -> float:
        """Return the time of the last progress in s since the epoch; 0 if there is none."""
        try:
            return (self.folder / "progress.jsonl").stat().st_mtime
        except OSError:
            return 0.0

    def write_state(self, name: StateName, message: str = "", *, uar: float | None = None) -> None:
        """Write the state; times and UAR of earlier states are kept.

        Parameters
        ----------
        name : {"queued", "running", "finished", "cancelled", "failed"}
        message : str
        uar : float, optional

        Raises
        ------
        RunError
            The file is damaged, or cannot be written.
        """
        path = self.folder / "state.json"
        now = datetime.now(UTC).isoformat(timespec="seconds")
        state = self._state_in_file() if path.exists() else RunState(name=name, created=now)
        changes: dict[str, object] = {"name": name, "message": message}
        if name == "running":
            changes |= {"started": now, "pid": os.getpid(), "process_started": process_start()}
        elif name in ENDED:
            changes["ended"] = now
        if uar is not None:
            changes["uar"] = uar
        write_json(path, msgspec.structs.replace(state, **changes))

    def write_report(self, report: Mapping[str, object]) -> None:
        """Write the report."""
        write_json(self.report_path, report)

    def add_progress(self, record: Mapping[str, object]) -> None:
        """Append a record and the time to `progress.jsonl`.

        It is one write, so that lines of several threads never mix.
        """
        line = to_json({"time": round(time.time(), 3), **record}) + "\n"
        try:
            with (self.folder / "progress.jsonl").open("ab", buffering=0) as file:
                file.write(line.encode())
        except OSError as error:
            raise _cannot_write(self.folder, error) from error

    def _state_in_file(self) -> RunState:
        return _read(self.folder / "state.json", RunState)


def create_run(
    config: Mapping[str, object], folder: Path | None = None, *, state: Literal["queued", "running"] = "queued"
) -> Run:
    """Create a run's folder.

    Parameters
    ----------
    config : Mapping of str to object
        JSON types; its `kind` becomes part of the name.
    folder : Path, optional
        Default: a new one under `AEC_HOME/runs`.
    state : {"queued", "running"}
        A run of this process begins as running, so that no worker takes it.

    Returns
    -------
    Run

    Raises
    ------
    RunError
        The folder holds a run already, or cannot be written.
    """
    if folder is None:
        folder = new_folder(config, read_settings().home)
    run = Run(folder)
    if (folder / "state.json").exists():
        raise RunError(f"{folder.name} holds a run already", "", "Name another folder, or go on with it by --resume")
    try:
        run.checkpoints.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(folder, error) from error
    write_json(folder / "config.json", config)
    run.write_state(state)
    return run


def new_folder(config: Mapping[str, object], home: Path) -> Path:
    """Return the path of a new run, named by time and kind."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return home / "runs" / f"{stamp}-{config.get('kind', 'run')}-{secrets.token_hex(2)}"


def open_run(folder: Path) -> Run:
    """Return an existing run.

    Parameters
    ----------
    folder : Path
        Its folder, or its name under `AEC_HOME/runs`.

    Raises
    ------
    RunError
        No run is in that folder.
    """
    if not folder.exists() and folder.parent == Path() and (read_settings().home / "runs" / folder).exists():
        folder = read_settings().home / "runs" / folder
    if not (folder / "config.json").exists():
        raise RunError(f"{folder} holds no run", "a run folder with a config.json is expected", "Check the path")
    return Run(folder)


def list_runs(home: Path | None = None) -> list[Run]:
    """Return all runs of an `AEC_HOME`, newest first."""
    folder = (home or read_settings().home) / "runs"
    if not folder.is_dir():
        return []
    runs = [Run(path) for path in folder.iterdir() if (path / "config.json").exists()]
    return sorted(runs, key=lambda run: run.id, reverse=True)


def write_json(path: Path, value: object) -> None:
    """Write a struct or JSON types to a file, atomically; NaN becomes null.

    Raises
    ------
    RunError
        The disk is full or the folder cannot be written.
    """
    try:
        write_atomically(path, to_json(value, indent=1))
    except OSError as error:
        raise _cannot_write(path.parent, error) from error


@contextlib.contextmanager
def recording(run: Run) -> Iterator[Run]:
    """Write the state `running`, then `failed` or `cancelled` after an error."""
    run.write_state("running")
    try:
        yield run
    except BaseException as error:
        is_cancelled = isinstance(error, CancelledError | KeyboardInterrupt)
        # On a full disk the state cannot be written either; the first error is the one to report.
        with contextlib.suppress(RunError):
            run.write_state("cancelled" if is_cancelled else "failed", str(error) or type(error).__name__)
        raise


def _read(path: Path, type_: type[_T]) -> _T:
    title = f"{path.parent.name}/{path.name}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"{title} cannot be read ({error.strerror or error})", "", "Delete the run") from error
    return from_json(content, type_, title=title, error=RunError, remedy="Delete the run")


def _cannot_write(folder: Path, error: OSError) -> RunError:
    return RunError(
        f"{folder} cannot be written ({error.strerror or error})",
        "",
        "Free some space, or set AEC_HOME to a folder that can be written",
    )
