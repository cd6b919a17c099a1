"""One training on the page: waiting, running, finished, cancelled or failed."""

from collections.abc import Sequence

import streamlit as st

from aec.errors import AecError
from aec.runs.run import Run
from aec.settings import Settings
from aec.ui.messages import show_error
from aec.ui.run_list import choose_run
from aec.ui.run_records import ACTIVE, OPEN_RUN, TrainingRow, report_of
from aec.ui.run_status import REFRESH_S, show_active, show_failure
from aec.ui.run_words import without_folders
from aec.ui.text import plain


def show_chosen_run(rows: Sequence[TrainingRow], settings: Settings) -> None:
    """Show the list of runs to choose from, and the chosen one.

    Parameters
    ----------
    rows : sequence of TrainingRow
        Newest first.
    settings : Settings
    """
    if not rows:
        st.info(
            "Nothing has been trained yet. The demo corpora are chosen already: start, and the report appears here. "
            "A training takes about a minute on them, and goes on if you leave the page.",
            icon=":material/model_training:",
        )
        return
    by_id = {row.id: row for row in rows}
    chosen = choose_run("Run", {row.id: row.title for row in rows}, OPEN_RUN)
    _show_run(by_id[chosen], settings)


def _show_run(row: TrainingRow, settings: Settings) -> None:
    if row.state in ACTIVE:
        _show_live(row.run, row.state)
        return
    try:
        report = report_of(row)
    except AecError as error:
        show_error(error, title="The report of this run cannot be read")
        return
    if row.state == "failed":
        show_failure("This training failed", row.message, row.folder, settings)
    elif report is None:
        st.info(plain(without_folders(row.message, settings)) or "This run left no report.")
    if report is not None:
        # Imported when there is something to draw: charts and tables take their time to load.
        from aec.ui.training.report_view import show_report

        show_report(row, report, settings)


@st.fragment(run_every=REFRESH_S)
def _show_live(run: Run, drawn: str) -> None:
    """Show a run under way; rerun the page when its state is no longer `drawn`."""
    if show_active(run, drawn, "Training", "page"):
        _show_live_curves(run)


def _show_live_curves(run: Run) -> None:
    from aec.training.progress import epoch_records
    from aec.ui.training.curves_view import show_curves

    try:
        epochs = epoch_records(run.progress())
    except OSError as error:
        show_error(AecError(f"the progress cannot be read ({error.strerror})"))
        return
    if not epochs:
        # The curves' places, so that nothing jumps when they come.
        st.skeleton(height=280)
        return
    # Figures keep their keys: the browser moves the lines instead of drawing anew, and leaves equal ones alone.
    show_curves(epochs, "live", tables=False)
