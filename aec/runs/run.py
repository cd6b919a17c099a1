"""What was run: one folder per run with its configuration, state, progress, results and artefacts.

Every file is written aside and renamed, `state.json` last, so that a reader or a crash never meets half a file;
only `progress.jsonl` and `log.txt` grow by appending.
"""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aec.errors import CancelledError, RunError
from aec.settings import read_settings
from aec.system.files import write_atomically
from aec.system.processes import is_alive, process_start

STATES = ("queued", "running", "finished", "cancelled", "failed")
ENDED = frozenset(STATES[2:])


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
        """Where the run keeps its model."""
        return self.folder / "model.onnx"

    @property
    def checkpoints(self) -> Path:
        """Folder of what lets a run go on after it was killed."""
        return self.folder / "checkpoint"

    def config(self) -> dict[str, Any]:
        """Return the configuration that the run was started with; raises RunError if it is damaged."""
        return _read_json(self.folder / "config.json")

    def state(self) -> dict[str, Any]:
        """Return the state; a run whose process is gone without an end state is `failed`."""
        state = _read_json(self.folder / "state.json")
        if state.get("state") == "running" and not is_alive(state.get("pid"), state.get("process_started", 0)):
            return {
                **state,
                "state": "failed",
                "message": "The process exited without reporting a result; see the log.",
            }
        return state

    def written_state(self) -> str:
        """Return the state as the file says it, whether or not the process is there; empty where it says none."""
        try:
            return str(_read_json(self.folder / "state.json").get("state", ""))
        except RunError:
            return ""

    def report(self) -> dict[str, Any] | None:
        """Return the results, or None where there are none yet."""
        path = self.folder / "report.json"
        return _read_json(path) if path.exists() else None

    def progress(self) -> list[dict[str, Any]]:
        """Return the progress records so far; a line still being written is left out."""
        records = []
        with contextlib.suppress(FileNotFoundError):
            for line in (self.folder / "progress.jsonl").read_bytes().splitlines():
                # Half a line, or what a damaged disk made of it, is no record.
                with contextlib.suppress(ValueError):
                    record = json.loads(line)
                    if isinstance(record, dict):
                        records.append(record)
        return records

    def last_progress(self) -> float:
        """Return when progress was last written, in seconds since the epoch; 0 before the first record."""
        try:
            return (self.folder / "progress.jsonl").stat().st_mtime
        except OSError:
            return 0.0

    def write_state(self, state: str, message: str = "", **more: object) -> None:
        """Set the state, keeping what was said before."""
        path = self.folder / "state.json"
        before = _read_json(path) if path.exists() else {}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        stamp = {"running": "started", "queued": "created"}.get(state, "ended")
        own = {}
        if state == "running":
            own = {"pid": os.getpid(), "process_started": process_start()}
        write_json(path, {**before, **own, **more, "state": state, "message": message, stamp: now})

    def write_report(self, report: dict[str, Any]) -> None:
        """Keep the results."""
        write_json(self.folder / "report.json", report)

    def add_progress(self, record: dict[str, Any]) -> None:
        """Append a record to `progress.jsonl`; one write per line, so that lines of two threads never mix."""
        line = json.dumps({"time": round(time.time(), 3), **record}, allow_nan=False) + "\n"
        try:
            with (self.folder / "progress.jsonl").open("ab", buffering=0) as file:
                file.write(line.encode())
        except OSError as error:
            raise _cannot_write(self.folder, error) from error


def create_run(config: dict[str, Any], folder: Path | None = None, *, state: str = "queued") -> Run:
    """Make a run's folder.

    Parameters
    ----------
    config : dict
        JSON types; its `kind` becomes part of the name.
    folder : Path, optional
        Default: a new one under `AEC_HOME/runs`.
    state : {"queued", "running"}
        A run that this very process carries out begins as running, so that no worker ever takes it.

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
    run.write_state(state, created=datetime.now(UTC).isoformat(timespec="seconds"))
    return run


def new_folder(config: dict[str, Any], home: Path) -> Path:
    """Return the path of a run to come; its name says when and what."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return home / "runs" / f"{stamp}-{config.get('kind', 'run')}-{secrets.token_hex(2)}"


def open_run(folder: Path) -> Run:
    """Return a run that is there.

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
    """Return all runs, newest first."""
    folder = (home or read_settings().home) / "runs"
    if not folder.is_dir():
        return []
    runs = [Run(path) for path in folder.iterdir() if (path / "config.json").exists()]
    return sorted(runs, key=lambda run: run.id, reverse=True)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file atomically.

    Raises
    ------
    RunError
        The disk is full or the folder cannot be written.
    """
    try:
        write_atomically(path, json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False))
    except OSError as error:
        raise _cannot_write(path.parent, error) from error


@contextlib.contextmanager
def recording(run: Run) -> Iterator[Run]:
    """Set a run's state around the work in it: running, then failed (or cancelled) if an error leaves it."""
    run.write_state("running")
    try:
        yield run
    except BaseException as error:
        message = str(error) or type(error).__name__
        # The first error is the one to tell, even if the disk takes no more words.
        with contextlib.suppress(RunError):
            run.write_state(
                "cancelled" if isinstance(error, CancelledError | KeyboardInterrupt) else "failed", message
            )
        raise


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path.parent.name}/{path.name} cannot be read ({error})", "", "Delete the run") from error
    if not isinstance(value, dict):
        raise RunError(f"{path.parent.name}/{path.name} is no JSON object", "", "Delete the run")
    return value


def _cannot_write(folder: Path, error: OSError) -> RunError:
    return RunError(
        f"{folder} cannot be written ({error.strerror or error})",
        "",
        "Free some space, or set AEC_HOME to a folder that can be written",
    )
