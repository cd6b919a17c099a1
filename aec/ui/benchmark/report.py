"""The result of a benchmark: the finding first, then time, scaling, memory, accuracy and the machine."""

import json
from functools import partial
from typing import Any

import streamlit as st

from aec.charts.benchmark import (
    STAGE_TITLES,
    cores_alt,
    cores_chart,
    f1_alt,
    f1_chart,
    memory_alt,
    memory_chart,
    row_title,
    rows_of,
    scaling_alt,
    scaling_chart,
    time_alt,
    time_chart,
)
from aec.charts.words import counted, percent
from aec.settings import Settings
from aec.ui.benchmark.runs import BenchmarkRow
from aec.ui.benchmark.tables import (
    f1_table,
    machine_table,
    memory_table,
    reported_table,
    scaling_table,
    spread_of,
    time_table,
    versions_table,
    worker_curves,
)
from aec.ui.figures import show_figure
from aec.ui.run_words import without_folders
from aec.ui.text import plain

_WARMTH = {False: "Warm", True: "New process"}


def show_benchmark_report(row: BenchmarkRow, report: dict[str, Any], settings: Settings) -> None:
    """Show a result.

    Parameters
    ----------
    row : BenchmarkRow
    report : dict
        As `aec.benchmark.benchmark` returns it.
    settings : Settings
    """
    st.subheader(plain(report["sentence"]), anchor=False)
    corpora = ", ".join(f"{name} {number:,}" for name, number in report["corpora"].items())
    repeats = counted(report["repeats"], "repeat")
    st.caption(plain(f"{corpora}; {report['duration_s'] / 60:.1f} minutes of sound; {repeats}, in turn."))
    for note in report["notes"]:
        st.caption(plain(without_folders(note, settings)))
    names = ["Time", "Versions", "Scaling", "CPU and memory", "Accuracy", "Machine"]
    views = (
        partial(_show_time, row, report),
        partial(_show_versions, row, report),
        partial(_show_scaling, row, report),
        partial(_show_load, row, report),
        partial(_show_accuracy, row, report),
        partial(_show_machine, row, report),
    )
    for tab, view in zip(st.tabs(names, key=f"benchmark-{row.id}"), views, strict=True):
        with tab:
            view()
    st.download_button(
        "Download result",
        lambda: without_folders(json.dumps(report, indent=1, allow_nan=False), settings),
        file_name=f"{row.id}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
        key=f"benchmark-file-{row.id}",
    )


def _show_time(row: BenchmarkRow, report: dict[str, Any]) -> None:
    stages = [stage for stage in STAGE_TITLES if any(each["stage"] == stage for each in report["summary"])]
    with st.container(horizontal=True):
        stage = st.segmented_control(
            "Stage",
            stages,
            default="extraction",
            required=True,
            format_func=STAGE_TITLES.__getitem__,
            key=f"stage-{row.id}",
        )
        cold = st.segmented_control(
            "Started",
            [False, True],
            default=False,
            required=True,
            format_func=_WARMTH.__getitem__,
            key=f"cold-{row.id}",
            help="Warm: once more in a process that did the work before. New process: from its start on, with all "
            "that it loads first.",
            disabled=stage == "training",
        )
    rows = rows_of(report["summary"], stage, cold=bool(cold) and stage != "training")
    spread = spread_of(report["measurements"], stage, cold=bool(cold) and stage != "training")
    show_figure(time_chart(rows, spread), time_alt(rows), f"time-{row.id}", time_table(rows))
    st.caption(
        "Bars are medians over the repeats, with the shortest and the longest one; × is how many times faster than "
        "the first version, the median of the ratios within each repeat."
    )


def _show_versions(row: BenchmarkRow, report: dict[str, Any]) -> None:
    st.dataframe(
        versions_table(report),
        hide_index=True,
        height="content",
        key=f"versions-{row.id}",
        alt="The three versions side by side",
    )
    st.caption("Speed-ups are against the first version of the same run, with the range over its repeats.")
    st.markdown("**What the described system reports**")
    st.dataframe(
        reported_table(),
        hide_index=True,
        height="content",
        key=f"reported-{row.id}",
        alt="The figures that the described system reports for its first and its final version",
    )
    st.caption(
        "On five emotions of IEMOCAP and another machine, with more cores: its accuracy and ours are of different "
        "data, and so is its memory."
    )
    st.markdown(
        "- **Threads** share one memory and start for nothing. They help where the work leaves Python’s lock (the "
        "GIL): decoding, resampling and Fourier transforms do, a loop in Python does not.\n"
        "- **Processes** have a lock each, and pay for it: every one loads librosa anew, holds its own copy of the "
        "libraries, and sends its results back.\n"
        "- **CUDA** is no way here: librosa and scikit-learn have no path to a graphics card, and clips this short "
        "would spend their time on the way there."
    )


def _show_scaling(row: BenchmarkRow, report: dict[str, Any]) -> None:
    curves = worker_curves(report["summary"])
    if not curves:
        st.info("Only one worker count was measured. Choose two or more to see how the time falls with workers.")
        return
    amdahl = report["amdahl"]
    show_figure(
        scaling_chart(curves, amdahl), scaling_alt(curves, amdahl), f"scaling-{row.id}", scaling_table(curves)
    )
    st.caption("One worker of the final version is the first version’s loop: joblib makes no process for it.")
    if amdahl:
        st.caption(_amdahl_words(amdahl))


def _amdahl_words(amdahl: dict[str, Any]) -> str:
    share, counts = float(amdahl["serial_share"]), [str(count) for count in amdahl["counts"]]
    fitted = f"fitted to {' and '.join(counts)} workers in each repeat"
    if not amdahl["projection"]:
        return f"Amdahl’s law, {fitted}, gives a share of {percent(share)}: too noisy to carry on."
    within = f"{percent(amdahl['low'])} to {percent(amdahl['high'])} over the repeats"
    check = " Two counts fix the law, nothing checks it." if len(counts) == 2 else ""
    return (
        f"By Amdahl’s law, {fitted}, {percent(share)} of the engine’s time does not spread over workers ({within}): "
        f"no number of them makes it more than {1 / share:.0f} times faster.{check} The dotted line beyond the "
        "measured points is a projection, not a measurement."
    )


def _show_load(row: BenchmarkRow, report: dict[str, Any]) -> None:
    lines = report["timelines"]
    if not lines:
        st.info("Nothing was kept of the last repeat.")
        return
    show_figure(memory_chart(lines), memory_alt(lines), f"memory-{row.id}", memory_table(lines))
    st.caption(
        "Memory of the process and its workers together, in the last repeat; what they share counts once. Each line "
        "ends where its process does."
    )
    by_title = {row_title(line): line for line in lines}
    title = st.selectbox("Cores under", list(by_title), index=len(by_title) - 1, key=f"cores-of-{row.id}")
    line = by_title[title]
    show_figure(cores_chart(line), cores_alt(line), f"cores-{row.id}")
    st.caption("Load of the whole machine: what else runs here is in it.")


def _show_accuracy(row: BenchmarkRow, report: dict[str, Any]) -> None:
    parity = report["parity"]
    for version, difference in parity["largest_difference"].items():
        if version == "engine" and difference is None:
            st.warning("The engine’s features are not all numbers, or not as many as the first version’s.")
        elif version == "engine":
            st.markdown(f"The engine’s features differ from the first version’s by at most **{difference:.1g}**.")
    if not parity["scores"]:
        st.info("The network was not trained in this benchmark.")
        return
    st.caption(f"One network for each version’s features; {plain(parity['split'])}. {f1_alt(parity['scores'])}")
    show_figure(f1_chart(parity["scores"]), f1_alt(parity["scores"]), f"f1-{row.id}", f1_table(parity["scores"]))


def _show_machine(row: BenchmarkRow, report: dict[str, Any]) -> None:
    st.dataframe(
        machine_table(report["machine"]), hide_index=True, key=f"machine-{row.id}", alt="What it was measured on"
    )
