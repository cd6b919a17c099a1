"""What runs and what waits, in the sidebar of every page; and who may cancel it."""

import secrets

import streamlit as st

from aec.charts.words import counted
from aec.errors import AecError
from aec.runs.queue import Job, cancel, list_jobs
from aec.settings import Settings, read_settings
from aec.ui.messages import error_text
from aec.ui.run_words import kind_title, remaining_words
from aec.ui.text import plain

_TOKEN = "owner-token"  # noqa: S105 - the name under which a session keeps its own
_PROBLEM = "job-problem"
_EVERY_S = 2.0
_KEEPS = {"": "Keeps the best so far.", "benchmark": "Keeps the repeats that are done."}


def owner_token() -> str:
    """Return what marks the jobs of this session; it is made at the first call and never shown."""
    return str(st.session_state.setdefault(_TOKEN, secrets.token_urlsafe(18)))


def may_cancel(owner: str, settings: Settings) -> bool:
    """Return whether this session may cancel a job: on a machine of one's own any, among strangers one's own."""
    return not settings.public or secrets.compare_digest(owner.encode(), owner_token().encode())


def current_jobs(settings: Settings) -> list[Job]:
    """Return what runs and what waits; a visit alone makes no folder.

    Raises
    ------
    RunError
        The list of runs cannot be used.
    """
    return list_jobs(settings.home) if (settings.home / "runs").is_dir() else []


def cancel_job(run_id: str) -> None:
    """Cancel a job, if this session may; what goes wrong is told beside the jobs at the next run."""
    settings = read_settings()
    try:
        owner = next((job.owner for job in current_jobs(settings) if job.id == run_id), None)
        if owner is not None and may_cancel(owner, settings):
            cancel(settings.home, run_id)
    except AecError as error:
        st.session_state[_PROBLEM] = error_text(error)


def show_cancel(job: Job, settings: Settings, place: str) -> None:
    """Show the button that cancels a job, or what has become of that wish.

    Parameters
    ----------
    job : Job
    settings : Settings
    place : str
        Makes the button unique on the page.
    """
    if job.cancelling:
        st.caption("Stopping; what is done by now is kept.")
    elif may_cancel(job.owner, settings):
        st.button(
            "Cancel",
            icon=":material/stop_circle:",
            key=f"cancel-{place}-{job.id}",
            help=_KEEPS.get(job.kind, _KEEPS[""]) if job.state == "running" else "Takes it out of the queue.",
            on_click=cancel_job,
            args=(job.id,),
        )


def show_job_panel() -> None:
    """Show the panel in the sidebar; while something runs or waits it looks again every two seconds."""
    settings = read_settings()
    with st.sidebar:
        try:
            busy = bool(current_jobs(settings))
        except AecError as error:
            st.caption(f":material/error: {error_text(error)}")
            return
        if busy:
            _watch()
        else:
            _show_nothing()


@st.fragment(run_every=_EVERY_S)
def _watch() -> None:
    settings = read_settings()
    try:
        jobs = current_jobs(settings)
    except AecError as error:
        st.caption(f":material/error: {error_text(error)}")
        return
    if problem := st.session_state.pop(_PROBLEM, None):
        st.caption(f":material/error: {problem}")
    if not jobs:
        _show_nothing()
    for job in jobs:
        if job.state == "running":
            _show_running(job, settings)
    if waiting := [job for job in jobs if job.state != "running"]:
        _show_waiting(waiting, settings)


def _show_nothing() -> None:
    st.caption("No job is running.")


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
