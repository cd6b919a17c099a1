"""A queued, running or failed run on a page, whatever its kind."""

from pathlib import Path

import streamlit as st

from aec.charts.words import counted
from aec.errors import AecError
from aec.runs.run import Run
from aec.runs.worker import last_lines
from aec.settings import Settings, read_settings
from aec.ui.job_panel import current_jobs, show_cancel
from aec.ui.run_words import progress_text, without_folders
from aec.ui.text import plain

# How often a page refreshes the run that it shows.
REFRESH_S = 1.5
_LOG_LINES = 15


def show_active(run: Run, drawn: str, title: str, place: str) -> bool:
    """Show the queue position or the progress of a run, and its cancel button.

    The whole page is rerun once the state differs from the drawn one: other parts show the state as well.

    Parameters
    ----------
    run : Run
    drawn : str
        State with which the page was drawn.
    title : str
        Heading of a running run.
    place : str
        Makes the key of the button unique.

    Returns
    -------
    bool
        Whether it is running.
    """
    settings = read_settings()
    try:
        state, jobs = run.state().name, current_jobs(settings)
    except AecError:
        # Its folder was deleted, or is being moved.
        st.rerun()
    if state != drawn:
        st.rerun()
    job = next((job for job in jobs if job.id == run.id), None)
    is_running = job is not None and job.state == "running"
    st.subheader(title if is_running else "Waiting", anchor=False)
    if job is not None and is_running:
        st.progress(job.progress.share or 0.0, text=progress_text(job.progress))
    else:
        before = jobs.index(job) if job is not None else 0
        st.markdown(f"{counted(before, 'job')} before it." if before else "It starts in a moment.")
    if job is not None:
        show_cancel(job, settings, place)
    return is_running


def show_failure(title: str, message: str, folder: Path, settings: Settings) -> None:
    """Show why a run failed, and the end of its log."""
    reason = without_folders(message, settings) or "The process exited without reporting a result."
    st.error(plain(reason), title=title, icon=":material/error:")
    st.caption("Your choices are kept. Change what was wrong and start again.")
    lines = last_lines(folder / "log.txt", _LOG_LINES)
    if lines:
        with st.expander("Last lines of the log", icon=":material/description:"):
            st.code(without_folders("\n".join(lines), settings), language=None, wrap_lines=True)
