"""A job on its way to the queue: pressed twice it is one; with strangers, one at a time for each of them."""

import json
from typing import Any

import streamlit as st

from aec.errors import AecError, UsageError
from aec.runs.queue import Job, submit
from aec.runs.run import Run
from aec.settings import Settings
from aec.ui.job_panel import current_jobs, owner_token

ONE_AT_A_TIME = "One job at a time, please: others share this machine."


def jobs_there(settings: Settings) -> list[Job]:
    """Return what runs and what waits; nothing where that cannot be read, of which the job panel tells."""
    try:
        return current_jobs(settings)
    except AecError:
        return []


def must_wait(settings: Settings) -> bool:
    """Return whether this visitor has a job already where only one is allowed."""
    return settings.public and bool(_own_jobs(settings))


def still_goes_on(run_id: str | None, settings: Settings) -> bool:
    """Return whether a job waits or runs; told in every redraw, as any of them may be cut short."""
    return run_id is not None and any(job.id == run_id for job in jobs_there(settings))


def show_refusal(key: str, asked: object, title: str) -> None:
    """Show why what is asked for could not be started, as a pair below a key of the session tells; else nothing.

    It stays until something else is asked for or it is started: any redraw may be cut short.
    """
    refused, problem = st.session_state.get(key, (None, ""))
    if refused == asked:
        st.error(problem, title=title, icon=":material/error:")


def start_job(config: dict[str, Any], settings: Settings) -> Run:
    """Put a job into the queue.

    A browser may tell of one click twice, and hands do: while the very same job of this visitor waits or runs, it is
    the answer, and nothing is added.

    Parameters
    ----------
    config : dict
        Of the run, checked.
    settings : Settings

    Raises
    ------
    UsageError
        The visitor has to wait for a job of theirs.
    RunError
        It cannot be written.
    """
    own = _own_jobs(settings)
    for job in own:
        run = Run(settings.home / "runs" / job.id)
        # One that is told to stop is on its way out: asking again means another.
        if not job.cancelling and _is_of(run, config):
            return run
    if settings.public and own:
        raise UsageError(
            "a job of yours runs or waits already", "one at a time is allowed here", "Wait for it to end"
        )
    return submit(settings.home, config, owner=owner_token(), public=settings.public)


def _own_jobs(settings: Settings) -> list[Job]:
    token = owner_token()
    return [job for job in jobs_there(settings) if job.owner == token]


def _is_of(run: Run, config: dict[str, Any]) -> bool:
    try:
        written = run.config()
    except AecError:
        return False
    # The run's own knows more: whose it is, and how long it may take.
    wanted: dict[str, Any] = json.loads(json.dumps(config))
    return wanted == {key: written.get(key) for key in wanted}
