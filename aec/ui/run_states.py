"""What a run on a page looks like while it waits or is under way, and after it failed, whatever kind it is."""

from pathlib import Path

import streamlit as st

from aec.charts.words import counted
from aec.errors import AecError
from aec.runs.queue import Job
from aec.runs.run import Run
from aec.runs.worker import last_lines
from aec.settings import Settings
from aec.ui.job_panel import current_jobs, show_cancel
from aec.ui.run_words import remaining_words, without_folders
from aec.ui.text import plain

# How often a page looks at the run that it shows.
EVERY_S = 1.5
_LOG_LINES = 15


def look_at(run: Run, drawn: str, settings: Settings) -> tuple[list[Job], Job | None]:
    """Return all jobs, and the one of this run; the whole page is drawn again once its state is another one.

    Parameters
    ----------
    run : Run
    drawn : str
        The state that the page was drawn with.
    settings : Settings
    """
    try:
        state = run.state().name
        jobs = current_jobs(settings)
    except AecError:
        # Its folder was deleted, or is being moved: the page knows what else there is.
        st.rerun()
    if state != drawn:
        # The list of runs and the table name the state, too.
        st.rerun()
    return jobs, next((job for job in jobs if job.id == run.id), None)


def show_waiting(jobs: list[Job], job: Job | None, settings: Settings, place: str) -> None:
    """Show how many jobs are before this one, and the way out; `place` makes the button unique on the page."""
    before = jobs.index(job) if job is not None else 0
    st.subheader("Waiting", anchor=False)
    st.markdown(f"{counted(before, 'job')} before it." if before else "It starts in a moment.")
    if job is not None:
        show_cancel(job, settings, place)


def show_progress(title: str, job: Job, settings: Settings, place: str) -> None:
    """Show how far a job is, how long still, and the way to end it; `place` makes the button unique on the page."""
    st.subheader(title, anchor=False)
    progress = job.progress
    left = remaining_words(progress.remaining_s, at_most=progress.at_most)
    st.progress(progress.share or 0.0, text=plain(f"{progress.step}. {left}" if left else progress.step))
    show_cancel(job, settings, place)


def show_failure(title: str, message: str, folder: Path, settings: Settings) -> None:
    """Show why a run failed, and the end of its log."""
    words = without_folders(message, settings) or "It ended without a word."
    st.error(plain(words), title=title, icon=":material/error:")
    st.caption("Your choices are kept. Change what was wrong and start again.")
    lines = last_lines(folder / "log.txt", _LOG_LINES)
    if lines:
        with st.expander("Last lines of the log", icon=":material/description:"):
            st.code(without_folders("\n".join(lines), settings), language=None, wrap_lines=True)
