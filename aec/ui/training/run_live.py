"""A training that waits or runs: how far it is, how long still, its curves, and the way to end it."""

from typing import TYPE_CHECKING

import streamlit as st

from aec.errors import AecError
from aec.runs.run import Run
from aec.settings import read_settings
from aec.ui.messages import show_error
from aec.ui.run_states import EVERY_S, look_at, show_progress, show_waiting

if TYPE_CHECKING:
    from aec.ui.run_records import RunRow


def show_live(row: "RunRow") -> None:
    """Show a run under way; once its state is another one the whole page is drawn again, at the end with its report.

    Parameters
    ----------
    row : RunRow
    """
    _watch(row.run, row.state)


@st.fragment(run_every=EVERY_S)
def _watch(run: Run, drawn: str) -> None:
    settings = read_settings()
    jobs, job = look_at(run, drawn, settings)
    if job is None or job.state != "running":
        show_waiting(jobs, job, settings, "page")
    else:
        show_progress("Training", job, settings, "page")
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
