"""Submission of jobs from a page: none twice, in public mode one per visitor."""

from collections.abc import Mapping

import msgspec
import streamlit as st

from aec.errors import AecError, UsageError
from aec.runs.queue import Job, submit
from aec.runs.run import Run
from aec.settings import Settings
from aec.ui.job_panel import current_jobs, owner_token

ONE_AT_A_TIME = "One job at a time, please: others share this machine."


def active_jobs(settings: Settings) -> list[Job]:
    """Return the running and queued jobs; none on an error, shown in the job panel."""
    try:
        return current_jobs(settings)
    except AecError:
        return []


def must_wait(settings: Settings) -> bool:
    """Return whether this visitor has a job in public mode, where one is allowed."""
    return settings.public and bool(_own_jobs(settings))


def is_active(run_id: str | None, settings: Settings) -> bool:
    """Return whether a run is queued or running."""
    return run_id is not None and any(job.id == run_id for job in active_jobs(settings))


def show_refusal(key: str, choices: object, title: str) -> None:
    """Show why the last submission was refused, as long as the choices are the same.

    Parameters
    ----------
    key : str
        Key of the session state with the refused choices and the reason. It stays, since any rerun may be cut short.
    choices : object
        The present choices.
    title : str
    """
    refused, problem = st.session_state.get(key, (None, ""))
    if refused == choices:
        st.error(problem, title=title, icon=":material/error:")


def start_job(config: Mapping[str, object], settings: Settings) -> Run:
    """Submit a job, or return this visitor's active job with the same configuration.

    One click may arrive twice, and users click twice.

    Parameters
    ----------
    config : Mapping of str to object
        Checked configuration of the run.
    settings : Settings

    Returns
    -------
    Run

    Raises
    ------
    UsageError
        The visitor has another job, and one is allowed.
    RunError
        The run cannot be written.
    """
    own = _own_jobs(settings)
    for job in own:
        run = Run(settings.home / "runs" / job.id)
        # One that is being cancelled is about to end: another one is meant.
        if not job.cancelling and _has_config(run, config):
            return run
    if settings.public and own:
        raise UsageError(
            "a job of yours runs or waits already", "one at a time is allowed here", "Wait for it to end"
        )
    return submit(settings.home, config, owner=owner_token(), public=settings.public)


def _own_jobs(settings: Settings) -> list[Job]:
    token = owner_token()
    return [job for job in active_jobs(settings) if job.owner == token]


def _has_config(run: Run, config: Mapping[str, object]) -> bool:
    try:
        written = run.config()
    except AecError:
        return False
    # The file has more: owner and time limit.
    wanted = msgspec.json.decode(msgspec.json.encode(config), type=dict[str, object])
    return wanted == {key: written.get(key) for key in wanted}
