"""The worker: takes waiting runs one by one, starts each as a process of its own, and writes how it ended.

It survives page switches, reloads and server restarts, because it belongs to none of them; it leaves after a minute
without work. If it is killed, the run under way goes on, and the next worker waits for it.
"""

import json
import logging
import signal
import subprocess
import time
from pathlib import Path

import psutil

from aec.errors import RunError
from aec.runs.index import RunIndex
from aec.runs.run import ENDED, Run, write_json
from aec.system import locks, processes

log = logging.getLogger(__name__)

IDLE_S = 60.0
_POLL_S = 0.2
_PROCESS = "process.json"
# Which command does a run, by the kind in its configuration; every other kind is a training.
_COMMANDS = {"benchmark": "benchmark"}


def work(home: Path, *, idle_s: float = IDLE_S) -> bool:
    """Empty the queue, then wait `idle_s` seconds for more.

    Parameters
    ----------
    home : Path
    idle_s : float

    Returns
    -------
    bool
        False where another worker is at it already.
    """
    held = locks.take(home / "worker.lock")
    if held is None:
        return False
    with held:
        index = RunIndex(home)
        _settle(index)
        last_work = time.monotonic()
        while time.monotonic() - last_work < idle_s:
            run_id = index.claim()
            if run_id is None:
                time.sleep(_POLL_S)
                continue
            _carry_out(index, run_id)
            last_work = time.monotonic()
    return True


def _settle(index: RunIndex) -> None:
    """Wait for runs that an earlier worker left behind, and give those whose process is gone their end."""
    for entry in index.entries("running"):
        run = Run(index.folder(entry.id))
        pid, started = _process_of(run)
        late = False
        if isinstance(pid, int) and isinstance(started, int | float):
            while not processes.wait_for_exit(pid, started, _POLL_S):
                if run.written_state() in ENDED:
                    break
                late = _is_late(run, started)
                if late or index.wants_cancel(entry.id):
                    processes.stop_tree(pid, started, last_progress=None if late else run.last_progress)
        _close(index, run, None, late=late)


def _carry_out(index: RunIndex, run_id: str) -> None:
    run = Run(index.folder(run_id))
    try:
        if (state := run.state().get("state")) != "queued":
            # Somebody else carried it out, from a shell say; the folder is right, not the list.
            index.set_state(run_id, str(state))
            return
        command = _COMMANDS.get(str(run.config().get("kind")), "train")
        process = processes.start_detached([command, "--resume", str(run.folder)], run.folder / "log.txt", nice=True)
        # It says so itself once it has looked at its data; a worker that takes over before must find it, too.
        started = processes.process_start(process.pid)
        write_json(run.folder / _PROCESS, {"pid": process.pid, "process_started": started})
    except (RunError, OSError, psutil.Error) as error:
        log.warning("Run %s cannot be started: %s", run_id, error)
        _fail(index, run, str(error))
        return
    late = False
    while True:
        try:
            process.wait(timeout=_POLL_S)
            break
        except subprocess.TimeoutExpired:
            late = _is_late(run, started)
            if late or index.wants_cancel(run_id):
                processes.stop_tree(process.pid, None, last_progress=None if late else run.last_progress)
    _close(index, run, process.returncode, late=late)


def _is_late(run: Run, started: float) -> bool:
    try:
        limit = run.config().get("limit_s")
    except RunError:
        return False
    return isinstance(limit, int | float) and time.time() - started > limit


def _process_of(run: Run) -> tuple[object, object]:
    """Return number and start of the process that carries a run out, as it says itself or as it was started."""
    for name in ("state.json", _PROCESS):
        try:
            said = json.loads((run.folder / name).read_text(encoding="utf-8"))
            return said["pid"], said["process_started"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None, None


def _close(index: RunIndex, run: Run, code: int | None, *, late: bool) -> None:
    """Note how a run ended; one that could not say so itself has failed."""
    state = run.written_state()
    if late and state != "finished":
        kept = "what was done by then was kept" if (run.folder / "report.json").exists() else "nothing was kept"
        _end(index, run, "cancelled", f"Ended at the limit of time for one job; {kept}.")
        return
    if state in ENDED:
        index.set_state(run.id, state)
        return
    if index.wants_cancel(run.id):
        _end(index, run, "cancelled", "Cancelled before there was anything to keep.")
        return
    _fail(index, run, _epitaph(run, code))


def _fail(index: RunIndex, run: Run, message: str) -> None:
    _end(index, run, "failed", message)


def _end(index: RunIndex, run: Run, state: str, message: str) -> None:
    if run.folder.is_dir():
        try:
            run.write_state(state, message)
        except RunError as error:
            log.warning("The end of run %s could not be written: %s", run.id, error)
        index.set_state(run.id, state)
    else:
        index.forget(run.id)


def _epitaph(run: Run, code: int | None) -> str:
    """Say with which signal or code a job ended, and its last words."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; most often memory ran out" if name == "SIGKILL" else ""
        how = f"The job was ended by {name}{hint}."
    elif code is None:
        how = "The job's process is gone."
    else:
        how = f"The job ended with code {code}."
    words = last_lines(run.folder / "log.txt", 3)
    return f"{how} Last words: {' / '.join(words)}" if words else how


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log, of which only the end is read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 8_000))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()][-count:]
