"""Queue of runs: submit, list, cancel; starts a worker process if none is alive."""

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from aec.errors import RunError
from aec.runs.index import IndexEntry, RunIndex
from aec.runs.progress import JobProgress, progress_of
from aec.runs.run import ENDED, Run, create_run, new_folder
from aec.system import locks, processes

# Workers that this process started; `poll` removes an ended one from the system's process table.
_workers: "list[subprocess.Popen[bytes]]" = []

# In public mode nobody waits long for another visitor's job, nor fills the queue.
PUBLIC_LIMIT_S = 120.0
PUBLIC_QUEUE = 5


class Job(IndexEntry, frozen=True, kw_only=True):
    """A queued or running run.

    Parameters
    ----------
    progress : JobProgress
    """

    progress: JobProgress


def submit(home: Path, config: Mapping[str, object], owner: str = "", *, public: bool = False) -> Run:
    """Add a run to the queue, and start a worker if none is alive.

    Parameters
    ----------
    home : Path
    config : Mapping of str to object
        Settings of the training or benchmark, its `kind` and its `data`.
    owner : str
        Token of the visitor who may cancel it in public mode.
    public : bool
        Limit the run to `PUBLIC_LIMIT_S` seconds and the queue to `PUBLIC_QUEUE` runs.

    Returns
    -------
    Run

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
    RunIndex(home).add(run.id, run.job_config().kind, owner)
    ensure_worker(home)
    return run


def ensure_worker(home: Path) -> None:
    """Start a worker if none is alive; of two started at once, the second one exits."""
    _workers[:] = [worker for worker in _workers if worker.poll() is None]
    if not locks.is_taken(home / "worker.lock"):
        _workers.append(processes.start_detached(["worker"], home / "worker.log", nice=False))


def cancel(home: Path, run_id: str) -> None:
    """Cancel a queued run, or have the worker stop a running one, keeping its best."""
    index = RunIndex(home)
    state = index.request_cancel(run_id)
    if state == "cancelled":
        run = Run(index.folder(run_id))
        if run.folder.is_dir():
            run.write_state("cancelled", "Cancelled while it waited.")
    elif state == "running":
        ensure_worker(home)


def list_jobs(home: Path) -> list[Job]:
    """Return the running and queued runs in the order of execution."""
    index = RunIndex(home)
    jobs = []
    for entry in index.entries("running", "queued"):
        run = Run(index.folder(entry.id))
        if not run.folder.is_dir():
            index.remove(entry.id)
        elif entry.state == "running" and (state := run.written_state()) in ENDED:
            # Run by a shell, or by a worker that was killed before it updated the index.
            index.set_state(entry.id, state)
        else:
            waits = entry.state != "running"
            progress = JobProgress(None, "Waiting") if waits else progress_of(run.progress(), time.time())
            jobs.append(Job(**msgspec.structs.asdict(entry), progress=progress))
    if jobs:
        ensure_worker(home)
    return sorted(jobs, key=lambda job: job.state != "running")


def running_jobs(home: Path) -> list[IndexEntry]:
    """Return the runs that are carried out now, without those whose process is gone."""
    index = RunIndex(home)
    # A run that a worker took, but did not start before it was killed, is still queued.
    has_worker = locks.is_taken(home / "worker.lock")
    found = []
    for entry in index.entries("running"):
        run = Run(index.folder(entry.id))
        if not _has_ended(run) and (has_worker or run.written_state() == "running"):
            found.append(entry)
    return found


def _has_ended(run: Run) -> bool:
    """Return whether a run has ended; one whose state cannot be read has."""
    try:
        return run.state().name in ENDED
    except RunError:
        return True
