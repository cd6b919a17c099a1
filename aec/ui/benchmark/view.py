"""One benchmark on the page, whatever its state: waiting, running, finished, cancelled or failed."""

from collections.abc import Sequence

import streamlit as st

from aec.charts.words import counted
from aec.errors import AecError
from aec.jobs.worker import last_lines
from aec.runs import Run
from aec.settings import Settings, read_settings
from aec.ui.benchmark.runs import OPEN_BENCHMARK, BenchmarkRow, benchmark_report
from aec.ui.job_panel import current_jobs, show_cancel
from aec.ui.messages import show_error
from aec.ui.run_records import ACTIVE
from aec.ui.run_words import remaining_words, without_folders
from aec.ui.text import distinct, plain

_EVERY_S = 1.5
_LOG_LINES = 15


def show_chosen_benchmark(rows: Sequence[BenchmarkRow], settings: Settings) -> None:
    """Show the list of benchmarks to choose from, and the chosen one.

    Parameters
    ----------
    rows : sequence of BenchmarkRow
        Newest first.
    settings : Settings
    """
    if not rows:
        _show_nothing()
        return
    by_id = {row.id: row for row in rows}
    titles = distinct({row.id: row.title for row in rows})
    open_one = st.session_state.get(OPEN_BENCHMARK)
    chosen = st.selectbox(
        "Result",
        list(by_id),
        index=list(by_id).index(open_one) if open_one in by_id else 0,
        format_func=lambda run_id: titles.get(run_id, run_id),
        # Titles tell the state: a browser keeps the words that it showed until the field is another one.
        key=f"benchmark-choice-{hash(tuple(titles.items()))}",
    )
    st.session_state[OPEN_BENCHMARK] = chosen
    _show(by_id[chosen], settings)


def _show(row: BenchmarkRow, settings: Settings) -> None:
    if row.state in ACTIVE:
        _watch(row.run, row.state)
        return
    if row.state == "failed":
        _show_failure(row, settings)
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
    # Imported when there is something to draw: charts and tables take their time to load.
    from aec.ui.benchmark.report import show_benchmark_report

    show_benchmark_report(row, report, settings)


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
        st.rerun()
    job = next((job for job in jobs if job.id == run.id), None)
    if job is None or job.state != "running":
        before = [other.id for other in jobs].index(run.id) if job is not None else 0
        st.subheader("Waiting", anchor=False)
        st.markdown(f"{counted(before, 'job')} before it." if before else "It starts in a moment.")
    else:
        left = remaining_words(job.progress.remaining_s)
        st.subheader("Measuring", anchor=False)
        text = f"{job.progress.step}. {left}" if left else job.progress.step
        st.progress(job.progress.share or 0.0, text=plain(text))
    if job is not None:
        show_cancel(job, settings, "benchmark")
    # The result's place, so that nothing jumps when it comes.
    st.skeleton(height=320)


def _show_failure(row: BenchmarkRow, settings: Settings) -> None:
    message = without_folders(row.message, settings) or "It ended without a word."
    st.error(plain(message), title="This benchmark failed", icon=":material/error:")
    st.caption("Your choices are kept. Change what was wrong and start again.")
    lines = last_lines(row.folder / "log.txt", _LOG_LINES)
    if lines:
        with st.expander("Last lines of the log", icon=":material/description:"):
            st.code(without_folders("\n".join(lines), settings), language=None, wrap_lines=True)
