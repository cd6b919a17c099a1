"""What pages do with long work: submit it, watch it, cancel it; a worker is started where none is alive."""

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aec.errors import RunError
from aec.jobs import lock, processes
from aec.jobs.index import Entry, RunIndex
from aec.runs import ENDED, Run, create_run, new_folder

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
    share : float or None
        Of the work that is done, 0 to 1; None where it is not known.
    step : str
        What is being done, in words.
    remaining_s : float or None
        Seconds that are left, at the pace so far.
    cancelling : bool
    """

    id: str
    kind: str
    state: str
    owner: str
    share: float | None
    step: str
    remaining_s: float | None
    cancelling: bool


def submit(home: Path, config: dict[str, Any], owner: str = "") -> Run:
    """Put a run into the queue and see to it that a worker is alive.

    Parameters
    ----------
    home : Path
    config : dict
        What `aec train --resume` reads: settings and `data`.
    owner : str
        Who may cancel it in public mode.
    """
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
        jobs.append(_job(entry, run))
    if jobs:
        ensure_worker(home)
    return sorted(jobs, key=lambda job: job.state != "running")


def _job(entry: Entry, run: Run) -> Job:
    share, step = progress_of(run)
    remaining = None
    if entry.state == "running" and share:
        remaining = _remaining(run, share)
    return Job(entry.id, entry.kind, entry.state, entry.owner, share, step, remaining, entry.cancel)


def progress_of(run: Run) -> tuple[float | None, str]:
    """Return the share that is done and the step in words, from the run's progress records."""
    records = run.progress()
    if not records:
        return None, "Starting"
    last = records[-1]
    if last["stage"] == "extract":
        return 0.2 * last["done"] / max(last["total"], 1), f"Features: {last['done']} of {last['total']} clips"
    folds = [record for record in records if record["stage"] == "fold"]
    total = folds[-1]["folds"] if folds else 1
    # Training mostly stops before its last epoch; each fold counts by the epochs it may have.
    done = {record["fold"]: record["epoch"] / record["epochs"] for record in folds}
    if last["stage"] == "final":
        return 0.85 + 0.15 * last["epoch"] / last["epochs"], f"Final model: epoch {last['epoch']}"
    share = 0.2 + 0.65 * sum(done.values()) / total
    return share, f"Fold {last['fold']} of {total}: epoch {last['epoch']}"


def _remaining(run: Run, share: float) -> float | None:
    records = run.progress()
    if len(records) < 2 or share <= 0.02:
        return None
    elapsed = time.time() - float(records[0]["time"])
    return max(0.0, elapsed * (1 - share) / share)


def ended(run: Run) -> bool:
    """Return whether a run has come to its end, whatever that was."""
    try:
        return run.state().get("state") in ENDED
    except RunError:
        return True
