"""Job panel in the sidebar of every page: running and queued jobs."""

import secrets

import streamlit as st

from aec.charts.words import counted
from aec.errors import AecError
from aec.runs.queue import Job, cancel, list_jobs
from aec.settings import Settings, read_settings
from aec.ui.messages import error_text
from aec.ui.run_words import kind_title, remaining_words
from aec.ui.text import plain

# Keys of the session state.
_TOKEN = "owner-token"  # noqa: S105 - a key, no password
_PROBLEM = "job-problem"
_REFRESH_S = 2.0
_NOTHING = "No job is running."


def owner_token() -> str:
    """Return the secret token that marks the jobs of this session."""
    return str(st.session_state.setdefault(_TOKEN, secrets.token_urlsafe(18)))


def may_cancel(owner: str, settings: Settings) -> bool:
    """Return whether this session may cancel a job: in public mode only its own."""
    return not settings.public or secrets.compare_digest(owner.encode(), owner_token().encode())


def current_jobs(settings: Settings) -> list[Job]:
    """Return the running and queued jobs, without creating a folder.

    Raises
    ------
    RunError
        The index of the runs cannot be used.
    """
    return list_jobs(settings.home) if (settings.home / "runs").is_dir() else []


def jobs_or_error() -> list[Job] | None:
    """Return the running and queued jobs; on an error show it and return None."""
    try:
        return current_jobs(read_settings())
    except AecError as error:
        st.caption(f":material/error: {error_text(error)}")
        return None


def cancel_job(run_id: str) -> None:
    """Cancel a job if this session may; the panel shows an error at the next rerun."""
    settings = read_settings()
    try:
        owner = next((job.owner for job in current_jobs(settings) if job.id == run_id), None)
        if owner is not None and may_cancel(owner, settings):
            cancel(settings.home, run_id)
    except AecError as error:
        st.session_state[_PROBLEM] = error_text(error)


def show_cancel(job: Job, settings: Settings, place: str) -> None:
    """Show the cancel button of a job, or that it is being cancelled.

    Parameters
    ----------
    job : Job
    settings : Settings
    place : str
        Makes the key of the button unique.
    """
    if job.cancelling:
        st.caption("Stopping; what is done by now is kept.")
    elif may_cancel(job.owner, settings):
        kept = "repeats that are done" if job.kind == "benchmark" else "best so far"
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            key=f"cancel-{place}-{job.id}",
            help=f"Keeps the {kept}." if job.state == "running" else "Takes it out of the queue.",
            on_click=cancel_job,
            args=(job.id,),
        )


def show_job_panel() -> None:
    """Show the panel in the sidebar, refreshed every two seconds while there are jobs."""
    with st.sidebar:
        if jobs := jobs_or_error():
            _show_jobs()
        elif jobs is not None:
            st.caption(_NOTHING)


@st.fragment(run_every=_REFRESH_S)
def _show_jobs() -> None:
    settings, jobs = read_settings(), jobs_or_error()
    if jobs is None:
        return
    if problem := st.session_state.pop(_PROBLEM, None):
        st.caption(f":material/error: {problem}")
    if not jobs:
        st.caption(_NOTHING)
    for job in jobs:
        if job.state == "running":
            _show_running(job, settings)
    if waiting := [job for job in jobs if job.state != "running"]:
        _show_waiting(waiting, settings)


def _show_running(job: Job, settings: Settings) -> None:
    with st.container(border=True):
        st.markdown(f"**{kind_title(job.kind)}**")
        st.progress(job.progress.share or 0.0, text=plain(job.progress.step))
        if left := remaining_words(job.progress.remaining_s, at_most=job.progress.at_most):
            st.caption(left)
        show_cancel(job, settings, "panel")


def _show_waiting(waiting: list[Job], settings: Settings) -> None:
    st.caption(f"{counted(len(waiting), 'job')} waiting")
    for job in waiting:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(kind_title(job.kind))
            show_cancel(job, settings, "panel")
