"""One run on the page, whatever its state: waiting, running, finished, cancelled or failed."""

from collections.abc import Sequence

import streamlit as st

from aec.errors import AecError
from aec.settings import Settings
from aec.ui.messages import show_error
from aec.ui.run_choice import choose_run
from aec.ui.run_records import ACTIVE, OPEN_RUN, RunRow, report_of
from aec.ui.run_states import show_failure
from aec.ui.run_words import without_folders
from aec.ui.text import plain
from aec.ui.training.run_live import show_live


def show_chosen_run(rows: Sequence[RunRow], settings: Settings) -> None:
    """Show the list of runs to choose from, and the chosen one.

    Parameters
    ----------
    rows : sequence of RunRow
        Newest first.
    settings : Settings
    """
    if not rows:
        _show_nothing()
        return
    by_id = {row.id: row for row in rows}
    chosen = choose_run("Run", {row.id: row.title for row in rows}, OPEN_RUN)
    show_run(by_id[chosen], settings)


def show_run(row: RunRow, settings: Settings) -> None:
    """Show a run as far as it is."""
    if row.state in ACTIVE:
        show_live(row)
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
        from aec.ui.training.run_report import show_report

        show_report(row, report, settings)


def _show_nothing() -> None:
    st.info(
        "Nothing has been trained yet. The demo corpora are chosen already: start, and the report appears here. "
        "A training takes about a minute on them, and goes on if you leave the page.",
        icon=":material/model_training:",
    )
