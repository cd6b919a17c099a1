"""Worker process: carries out queued runs one by one, each in its own process.

It is independent of any page or server, so it survives page switches, reloads and server restarts; it exits after a
minute without work. If it is killed, the running job continues, and the next worker waits for it.
"""

import logging
import signal
import time
from pathlib import Path

import msgspec
import psutil

from aec.errors import RunError
from aec.runs.index import RunIndex
from aec.runs.run import ENDED, Run, StateName, write_json
from aec.system import locks, processes

log = logging.getLogger(__name__)

IDLE_S = 60.0
_POLL_S = 0.2
_PROCESS = "process.json"


class _JobProcess(msgspec.Struct, frozen=True):
    """Process of a job: in `process.json` from its start, later in `state.json`."""

    pid: int
    process_started: float


def work(home: Path, *, idle_s: float = IDLE_S) -> bool:
    """Carry out all queued runs, then wait `idle_s` seconds for more.

    Parameters
    ----------
    home : Path
    idle_s : float

    Returns
    -------
    bool
        False if another worker is running.
    """
    held = locks.take(home / "worker.lock")
    if held is None:
        return False
    with held:
        index = RunIndex(home)
        _finish_started(index)
        last_work = time.monotonic()
        while time.monotonic() - last_work < idle_s:
            run_id = index.claim()
            if run_id is None:
                time.sleep(_POLL_S)
                continue
            _carry_out(index, run_id)
            last_work = time.monotonic()
    return True


def _finish_started(index: RunIndex) -> None:
    """Wait for runs that an earlier worker started, and record their end."""
    for entry in index.entries("running"):
        run = Run(index.folder(entry.id))
        process = _process_of(run)
        is_late = process is not None and _wait(index, run, process)
        _record_end(index, run, None, is_late=is_late)


def _carry_out(index: RunIndex, run_id: str) -> None:
    run = Run(index.folder(run_id))
    try:
        if (state := run.state()).name != "queued":
            # A shell carried it out already, for example: the folder is right, not the index.
            index.set_state(run_id, state.name)
            return
        command = "benchmark" if run.job_config().kind == "benchmark" else "train"
        child = processes.start_detached([command, "--resume", str(run.folder)], run.folder / "log.txt", nice=True)
        # The job writes its own pid after its scan; until then a worker that takes over finds it here.
        process = _JobProcess(child.pid, processes.process_start(child.pid))
        write_json(run.folder / _PROCESS, process)
    except (RunError, OSError, psutil.Error) as error:
        log.warning("Run %s cannot be started: %s", run_id, error)
        _write_end(index, run, "failed", str(error))
        return
    is_late = _wait(index, run, process)
    _record_end(index, run, child.wait(), is_late=is_late)


def _wait(index: RunIndex, run: Run, process: _JobProcess) -> bool:
    """Wait for a job, stop it if due, and return whether it was over its time limit."""
    is_late = False
    while not processes.wait_for_exit(process.pid, process.process_started, _POLL_S):
        if run.written_state() in ENDED:
            break
        is_late = _stop_if_due(index, run, process)
    return is_late


def _stop_if_due(index: RunIndex, run: Run, process: _JobProcess) -> bool:
    """Stop a job that is cancelled or over its time limit; return whether it is over."""
    try:
        limit_s = run.job_config().limit_s
    except RunError:
        limit_s = None
    is_late = limit_s is not None and time.time() - process.process_started > limit_s
    if is_late or index.is_cancel_requested(run.id):
        last_progress = None if is_late else run.last_progress
        processes.stop_tree(process.pid, process.process_started, last_progress=last_progress)
    return is_late


def _process_of(run: Run) -> _JobProcess | None:
    for name in ("state.json", _PROCESS):
        try:
            return msgspec.json.decode((run.folder / name).read_bytes(), type=_JobProcess)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            continue
    return None


def _record_end(index: RunIndex, run: Run, code: int | None, *, is_late: bool) -> None:
    """Record the end of a run: as in its folder, else cancelled or failed."""
    state = run.written_state()
    if is_late and state != "finished":
        kept = "what was done by then was kept" if run.report_path.exists() else "nothing was kept"
        _write_end(index, run, "cancelled", f"Ended at the limit of time for one job; {kept}.")
    elif state in ENDED:
        index.set_state(run.id, state)
    elif index.is_cancel_requested(run.id):
        _write_end(index, run, "cancelled", "Cancelled before there was anything to keep.")
    else:
        _write_end(index, run, "failed", _exit_message(run, code))


def _write_end(index: RunIndex, run: Run, state: StateName, message: str) -> None:
    if run.folder.is_dir():
        try:
            run.write_state(state, message)
        except RunError as error:
            log.warning("The end of run %s could not be written: %s", run.id, error)
        index.set_state(run.id, state)
    else:
        index.remove(run.id)


def _exit_message(run: Run, code: int | None) -> str:
    """Return the signal or exit code of a job and the last lines of its log."""
    if code is None:
        how = "The job's process is gone."
    elif code >= 0:
        how = f"The job ended with code {code}."
    else:
        name = signal.Signals(-code).name
        how = f"The job was ended by {name}{'; most often memory ran out' if name == 'SIGKILL' else ''}."
    lines = last_lines(run.folder / "log.txt", 3)
    return f"{how} Last lines of its log: {' / '.join(lines)}" if lines else how


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log that are not blank; only its last 8 kB are read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 8_000))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()][-count:]
