"""One benchmark on the page, whatever its state, and below it the others that it can be compared with."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from aec.errors import AecError
from aec.runs.run import Run
from aec.settings import Settings, read_settings
from aec.ui.benchmark.imported import Imported, imported_results, show_import
from aec.ui.benchmark.runs import OPEN_BENCHMARK, BenchmarkRow, benchmark_report
from aec.ui.messages import show_error
from aec.ui.run_choice import choose_run
from aec.ui.run_records import ACTIVE
from aec.ui.run_states import EVERY_S, look_at, show_failure, show_progress, show_waiting
from aec.ui.run_words import without_folders
from aec.ui.text import plain


def show_chosen_benchmark(rows: Sequence[BenchmarkRow], settings: Settings) -> None:
    """Show the list of results to choose from, and the chosen one.

    Parameters
    ----------
    rows : sequence of BenchmarkRow
        Newest first; results that were added follow them.
    settings : Settings
    """
    results: list[BenchmarkRow | Imported] = [*rows, *imported_results()]
    by_id = {each.id: each for each in results}
    if not by_id:
        _show_nothing()
        return
    chosen = choose_run("Result", {each.id: each.title for each in by_id.values()}, OPEN_BENCHMARK)
    result = by_id[chosen]
    if isinstance(result, Imported):
        _show_report(result.id, result.title, dict(result.report), settings)
    else:
        _show(result, settings)


def show_results_beside(rows: Sequence[BenchmarkRow]) -> None:
    """Show where results of other machines are added, and what can be compared.

    Parameters
    ----------
    rows : sequence of BenchmarkRow
    """
    st.subheader("Compare results", anchor=False)
    show_import()
    results: list[BenchmarkRow | Imported] = [*(row for row in rows if row.headline), *imported_results()]
    if len(results) < 2:
        st.caption(
            "Two results or more can be compared. Measure again with other choices, or add one of another machine."
        )
        return
    # Imported when there is something to draw: charts and tables take their time to load.
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
        report = benchmark_report(row)
    except AecError as error:
        show_error(error, title="This result cannot be read")
        return
    if row.message:
        st.info(plain(without_folders(row.message, settings)))
    if report is None:
        if not row.message:
            st.info("This benchmark left no result.")
        return
    _show_report(row.id, row.title, report, settings)


def _show_report(key: str, title: str, report: dict[str, Any], settings: Settings) -> None:
    # Imported when there is something to draw: charts and tables take their time to load.
    from aec.ui.benchmark.report import show_benchmark_report

    show_benchmark_report(key, title, report, settings)


def _show_nothing() -> None:
    st.info(
        "Nothing has been measured on this machine yet. The demo corpora are chosen already: start, and the result "
        "appears here. It goes on if you leave the page.",
        icon=":material/speed:",
    )
    st.markdown(
        "The **first version** is a plain loop over the files with librosa, the **final version** gives the same "
        "work to as many processes as there are cores, and the **engine** is ours: the same features to rounding, "
        "computed block by block on threads."
    )


@st.fragment(run_every=EVERY_S)
def _watch(run: Run, drawn: str) -> None:
    settings = read_settings()
    jobs, job = look_at(run, drawn, settings)
    if job is None or job.state != "running":
        show_waiting(jobs, job, settings, "benchmark")
    else:
        show_progress("Measuring", job, settings, "benchmark")
    # The result's place, so that nothing jumps when it comes.
    st.skeleton(height=320)
