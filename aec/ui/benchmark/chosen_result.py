"""The chosen benchmark in any state, and the results that it can be compared with."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from aec.errors import AecError
from aec.runs.run import Run
from aec.settings import Settings
from aec.ui.benchmark.uploaded_results import UploadedResult, show_upload, uploaded_results
from aec.ui.benchmark_runs import OPEN_BENCHMARK, BenchmarkRow
from aec.ui.messages import show_error
from aec.ui.run_list import choose_run
from aec.ui.run_records import ACTIVE
from aec.ui.run_status import REFRESH_S, show_active, show_failure
from aec.ui.run_words import without_folders
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.benchmark.results import BenchmarkResult


def show_chosen_benchmark(rows: Sequence[BenchmarkRow], settings: Settings) -> None:
    """Show the list of results to choose from, and the chosen one.

    Parameters
    ----------
    rows : sequence of BenchmarkRow
        Newest first; uploaded results follow them.
    settings : Settings
    """
    results: list[BenchmarkRow | UploadedResult] = [*rows, *uploaded_results()]
    by_id = {each.id: each for each in results}
    if not by_id:
        _show_nothing()
        return
    chosen = choose_run("Result", {each.id: each.title for each in by_id.values()}, OPEN_BENCHMARK)
    result = by_id[chosen]
    if isinstance(result, UploadedResult):
        _show_result(result.id, result.title, result.load(), settings)
    else:
        _show(result, settings)


def show_other_results(rows: Sequence[BenchmarkRow]) -> None:
    """Show the upload of other machines' results and the comparison.

    Parameters
    ----------
    rows : sequence of BenchmarkRow
    """
    st.subheader("Compare results", anchor=False)
    show_upload()
    results: list[BenchmarkRow | UploadedResult] = [*(row for row in rows if row.headline), *uploaded_results()]
    if len(results) < 2:
        st.caption(
            "Two results or more can be compared. Measure again with other choices, or add one of another machine."
        )
        return
    # Imported when there is something to draw: charts and tables are slow to load.
    from aec.ui.benchmark.comparison import show_comparison

    show_comparison(results)


def _show(row: BenchmarkRow, settings: Settings) -> None:
    if row.state in ACTIVE:
        _watch(row.run, row.state)
        return
    if row.state == "failed":
        show_failure("This benchmark failed", row.message, row.folder, settings)
        return
    try:
        result = row.load()
    except AecError as error:
        show_error(error, title="This result cannot be read")
        return
    if row.message:
        st.info(plain(without_folders(row.message, settings)))
    if result is None:
        if not row.message:
            st.info("This benchmark has no result.")
        return
    _show_result(row.id, row.title, result, settings)


def _show_result(key: str, title: str, result: "BenchmarkResult", settings: Settings) -> None:
    # Imported when there is something to draw: charts and tables are slow to load.
    from aec.ui.benchmark.result_tabs import show_result

    show_result(key, title, result, settings)


def _show_nothing() -> None:
    st.info(
        "Nothing has been measured on this machine yet. The demo corpora are selected: start, and the result appears "
        "here. It continues if you leave the page.",
        icon=":material/speed:",
    )
    st.markdown(
        "The **first version** is a plain loop over the files with librosa, the **final version** does the same in "
        "one process per core, and the **engine** is ours: the same features up to rounding, computed block by block "
        "in threads."
    )


@st.fragment(run_every=REFRESH_S)
def _watch(run: Run, drawn: str) -> None:
    show_active(run, drawn, "Measuring", "benchmark")
    # Space for the result, so that the page does not move when it appears.
    st.skeleton(height=320)
