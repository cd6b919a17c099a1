"""What pages do with long work: submit it, watch it, cancel it; a worker is started where none is alive."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aec.errors import RunError
from aec.runs.index import Entry, RunIndex
from aec.runs.progress import Progress, progress_of
from aec.runs.run import ENDED, Run, create_run, new_folder
from aec.system import locks as lock
from aec.system import processes

# Workers that this process started; asking each how it is takes it off the system's list once it has ended.
_workers: "list[subprocess.Popen[bytes]]" = []


@dataclass(frozen=True)
class Job:
    """A run that waits or is under way, for the panel.

    Parameters
    ----------
    id : str
    kind : str
    state : str
    owner : str
    progress : Progress
    cancelling : bool
    """

    id: str
    kind: str
    state: str
    owner: str
    progress: Progress
    cancelling: bool


# Where strangers come: nobody shall wait long for somebody else's job, nor fill the queue.
PUBLIC_LIMIT_S = 120.0
PUBLIC_QUEUE = 5


def submit(home: Path, config: dict[str, Any], owner: str = "", *, public: bool = False) -> Run:
    """Put a run into the queue and see to it that a worker is alive.

    Parameters
    ----------
    home : Path
    config : dict
        What `aec train --resume` reads: settings and `data`.
    owner : str
        Who may cancel it in public mode.
    public : bool
        Strangers share this queue: the job gets `PUBLIC_LIMIT_S` seconds, and at most `PUBLIC_QUEUE` are taken.

    Raises
    ------
    RunError
        The queue is full, or cannot be written.
    """
    if public:
        if len(RunIndex(home).entries("running", "queued")) >= PUBLIC_QUEUE:
            raise RunError(f"{PUBLIC_QUEUE} jobs run and wait already", "", "Try again in a few minutes")
        config = {**config, "limit_s": PUBLIC_LIMIT_S}
    run = create_run({**config, "owner": owner}, new_folder(config, home))
    RunIndex(home).add(run.id, str(config.get("kind", "run")), owner)
    ensure_worker(home)
    return run


def ensure_worker(home: Path) -> None:
    """Start a worker where none is alive; two at once are harmless, since the second one leaves."""
    _workers[:] = [worker for worker in _workers if worker.poll() is None]
    if not lock.is_taken(home / "worker.lock"):
        _workers.append(processes.start_detached(["worker"], home / "worker.log", nice=False))


def cancel(home: Path, run_id: str) -> None:
    """Cancel a run: one that waits at once, one that runs by asking it to keep its best and end.

    Parameters
    ----------
    home : Path
    run_id : str
    """
    index = RunIndex(home)
    state = index.ask_to_cancel(run_id)
    if state == "cancelled":
        run = Run(index.folder(run_id))
        if run.folder.is_dir():
            run.write_state("cancelled", "Cancelled while it waited.")
    elif state == "running":
        # A worker carries it out; if none is alive, a new one waits for the job and does.
        ensure_worker(home)


def overview(home: Path) -> list[Job]:
    """Return what runs and what waits, in the order in which it will be done; state is read afresh."""
    index = RunIndex(home)
    jobs = []
    for entry in index.entries("running", "queued"):
        run = Run(index.folder(entry.id))
        if not run.folder.is_dir():
            index.forget(entry.id)
            continue
        if entry.state == "running" and (state := run.written_state()) in ENDED:
            # Done from a shell, or by a worker that was killed before it could say so here.
            index.set_state(entry.id, state)
            continue
        jobs.append(_job(entry, run))
    if jobs:
        ensure_worker(home)
    return sorted(jobs, key=lambda job: job.state != "running")


def running(home: Path) -> list[Entry]:
    """Return the runs that are under way; one whose process is gone does not count."""
    index = RunIndex(home)
    found = [entry for entry in index.entries("running") if not ended(Run(index.folder(entry.id)))]
    # What a worker took, but did not start before it was killed, only waits.
    busy = lock.is_taken(home / "worker.lock")
    return [entry for entry in found if busy or Run(index.folder(entry.id)).written_state() == "running"]


def _job(entry: Entry, run: Run) -> Job:
    waits = entry.state != "running"
    progress = Progress(None, "Waiting") if waits else progress_of(run.progress(), time.time())
    return Job(entry.id, entry.kind, entry.state, entry.owner, progress, entry.cancel)


def ended(run: Run) -> bool:
    """Return whether a run has come to its end, whatever that was."""
    try:
        return run.state().get("state") in ENDED
    except RunError:
        return True
