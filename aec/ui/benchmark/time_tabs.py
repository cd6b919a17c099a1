"""Tabs about time: by version, by number of workers, by stage."""

from collections.abc import Mapping, Sequence

import streamlit as st

from aec.benchmark.results import AmdahlFit, BenchmarkResult, MeasuredStage
from aec.charts.benchmark import STAGE_TITLES, rows_of, time_alt, time_chart
from aec.charts.clip_stages import stages_alt, stages_chart
from aec.charts.scaling import efficiency_alt, efficiency_chart, scaling_alt, scaling_chart
from aec.charts.words import counted, percent
from aec.ui.benchmark.explanations import explain_clip_stages, explain_scaling, explain_start, explain_workers
from aec.ui.benchmark.tables import (
    reported_table,
    scaling_table,
    spread_of,
    stages_table,
    time_table,
    versions_table,
    worker_curves,
)
from aec.ui.figures import show_figure, show_table

_WARMTH = {False: "Warm", True: "New process"}


def show_time(key: str, result: BenchmarkResult) -> None:
    """Show each version's time and its range for a stage, started warm or cold.

    Parameters
    ----------
    key : str
        Of the result, unique on the page.
    result : BenchmarkResult
    """
    stages = [stage for stage in STAGE_TITLES if any(row.stage == stage for row in result.summary)]
    with st.container(horizontal=True):
        stage = choose_stage(stages, f"stage-{key}")
        cold = st.segmented_control(
            "Started",
            [False, True],
            default=False,
            required=True,
            format_func=_WARMTH.__getitem__,
            key=f"cold-{key}",
            help="Warm: once more in the same process. New process: from its start, with the loading of libraries.",
            disabled=stage == "training",
        )
    cold = bool(cold) and stage != "training"
    rows, spread = rows_of(result.summary, stage, cold=cold), spread_of(result.measurements, stage, cold=cold)
    if not rows:
        st.info("This was not measured.")
        return
    show_figure(time_chart(rows, spread), time_alt(rows), f"time-{key}", time_table(rows))
    st.caption(
        "Bars are medians over the repeats, with the shortest and the longest one; × is how many times faster than "
        "the first version, the median of the ratios within each repeat."
    )
    show_explanations("Why a new process takes longer", explain_start(result))


def show_versions(key: str, result: BenchmarkResult) -> None:
    """Show the three versions, and the figures reported for the described system."""
    show_table(versions_table(result), "The three versions side by side", f"versions-{key}")
    st.caption("Speed-ups are relative to the first version of the same run, with the range over its repeats.")
    st.markdown("**Reported for the described system**")
    alt = "The figures reported for the first and the final version of the described system"
    show_table(reported_table(), alt, f"reported-{key}")
    st.caption(
        "On five emotions of IEMOCAP and another machine with more cores: accuracy and memory cannot be compared "
        "with ours."
    )
    show_explanations("Why threads, why processes, and why not CUDA", explain_workers(result))


def show_scaling(key: str, result: BenchmarkResult) -> None:
    """Show speed-up and efficiency by worker count, with Amdahl's projection."""
    curves = worker_curves(result.summary)
    if not curves:
        st.info("Only one worker count was measured. Choose two or more to see how the time falls with workers.")
        return
    amdahl = result.amdahl
    show_figure(scaling_chart(curves, amdahl), scaling_alt(curves, amdahl), f"scaling-{key}")
    st.caption("One worker of the final version is the first version’s loop: joblib starts no process for it.")
    if amdahl:
        st.caption(_amdahl_words(amdahl))
    show_figure(efficiency_chart(curves), efficiency_alt(curves), f"efficiency-{key}", scaling_table(curves))
    st.caption(f"Efficiency is the speed-up divided by the number of workers.{_beyond_ideal(curves)}")
    show_explanations("Why the gain per worker falls", explain_scaling(result))


def show_clip_stages(key: str, result: BenchmarkResult) -> None:
    """Show the time of one clip by stage."""
    rows = result.stages
    if not rows:
        st.info("This result has no times by stage. A new benchmark has them.")
        return
    show_figure(stages_chart(rows), stages_alt(rows), f"stages-{key}", stages_table(rows))
    clips, seconds = max(row.clips for row in rows), rows[0].duration_s
    st.caption(
        f"One clip of {seconds:.1f} s on one core: the mean over {counted(clips, 'clip')}, each the median of "
        "several runs in a warm process. The Fourier transforms were timed separately; the rest is the features’ "
        "remaining time."
    )
    for text in explain_clip_stages(rows):
        st.markdown(text)


def _beyond_ideal(curves: Mapping[str, Mapping[int, float]]) -> str:
    above = any(value > 1.05 * count for curve in curves.values() for count, value in curve.items())
    if not above:
        return ""
    return (
        " Above 100 %, something slowed the single worker only: most often the first version’s linear algebra, which "
        "uses all cores and loses time by that; in joblib’s processes it does not."
    )


def _amdahl_words(amdahl: AmdahlFit) -> str:
    share, counts = amdahl.serial_share, [str(count) for count in amdahl.counts]
    fitted = f"fitted to {' and '.join(counts)} workers in each repeat"
    if not amdahl.projection:
        return f"Amdahl’s law, {fitted}, gives a share of {percent(share)}: too noisy for a projection."
    several = amdahl.low < amdahl.high
    within = f" ({percent(amdahl.low)} to {percent(amdahl.high)} over the repeats)" if several else ""
    check = " Two counts determine the law and cannot test it." if len(counts) == 2 else ""
    return (
        f"By Amdahl’s law, {fitted}, {percent(share)} of the engine’s time is serial{within}: "
        f"more workers cannot make it more than {1 / share:.0f} times faster.{check} The dotted line beyond the "
        "measured points is a projection, not a measurement."
    )


def choose_stage(stages: Sequence[MeasuredStage], key: str) -> MeasuredStage:
    """Show the stages to choose from, and return the chosen one."""
    stage: MeasuredStage = st.segmented_control(
        "Stage", stages, default="extraction", required=True, format_func=STAGE_TITLES.__getitem__, key=key
    )
    return stage


def show_explanations(title: str, texts: Sequence[str], *, expanded: bool = False) -> None:
    """Show explanations as a list that can be expanded."""
    with st.expander(title, icon=":material/help:", expanded=expanded):
        st.markdown("\n".join(f"- {text}" for text in texts))
