"""A training that waits or runs: how far it is, how long still, its curves, and the way to end it."""

from typing import TYPE_CHECKING

import streamlit as st

from aec.charts.words import counted
from aec.errors import AecError
from aec.jobs import Job
from aec.runs import Run
from aec.settings import Settings, read_settings
from aec.ui.job_panel import current_jobs, show_cancel
from aec.ui.messages import show_error
from aec.ui.run_words import remaining_words
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.ui.run_records import RunRow

_EVERY_S = 1.5


def show_live(row: "RunRow") -> None:
    """Show a run under way; once its state is another one the whole page is drawn again, at the end with its report.

    Parameters
    ----------
    row : RunRow
    """
    _watch(row.run, row.state)


@st.fragment(run_every=_EVERY_S)
def _watch(run: Run, drawn: str) -> None:
    settings = read_settings()
    try:
        state = str(run.state()["state"])
        jobs = current_jobs(settings)
    except (AecError, KeyError):
        # Its folder was deleted, or is being moved: the page knows what else there is.
        st.rerun()
    if state != drawn:
        # The list of runs and the table name the state, too.
        st.rerun()
    job = next((job for job in jobs if job.id == run.id), None)
    if job is None or job.state != "running":
        _show_waiting(run, jobs, job, settings)
    else:
        _show_running(run, job, settings)


def _show_waiting(run: Run, jobs: list[Job], job: Job | None, settings: Settings) -> None:
    ids = [other.id for other in jobs]
    before = ids.index(run.id) if run.id in ids else 0
    st.subheader("Waiting", anchor=False)
    st.markdown(f"{counted(before, 'job')} before it." if before else "It starts in a moment.")
    if job is not None:
        show_cancel(job, settings, "page")


def _show_running(run: Run, job: Job, settings: Settings) -> None:
    st.subheader("Training", anchor=False)
    progress = job.progress
    left = remaining_words(progress.remaining_s, at_most=progress.at_most)
    st.progress(progress.share or 0.0, text=plain(f"{progress.step}. {left}" if left else progress.step))
    show_cancel(job, settings, "page")
    _show_curves(run)


def _show_curves(run: Run) -> None:
    from aec.charts.curves import curve_alt, curve_chart
    from aec.ui.figures import show_figure

    try:
        records = [record for record in run.progress() if record.get("stage") in {"fold", "final"}]
    except OSError as error:
        show_error(AecError(f"the progress cannot be read ({error.strerror})"))
        return
    if not records:
        # The curves' places, so that nothing jumps when they come.
        st.skeleton(height=280)
        return
    # Figures keep their keys: the browser moves the lines instead of drawing anew, and leaves equal ones alone.
    for field, title in (("loss", "Training loss"), ("validation_uar", "UAR on validation clips")):
        if any(record.get(field) is not None for record in records):
            st.caption(title)
            show_figure(curve_chart(records, field), curve_alt(records, field), key=f"live-{field}")
