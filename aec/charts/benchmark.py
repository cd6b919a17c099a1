"""Figures of a benchmark: times, speed-ups and scores, memory and load."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aec.benchmark.results import MeasuredStage, Scores, SpeedUp, Timeline
from aec.benchmark.settings import VERSIONS, Version
from aec.charts.style import MUTED, finish
from aec.charts.words import titled

VERSION_COLOURS: dict[Version, str] = {
    "first": "#7F7F7F",
    "first, one BLAS thread": "#B5B5B5",
    "final": "#0072B2",
    "engine": "#009E73",
}
STAGE_TITLES: dict[MeasuredStage, str] = {
    "extraction": "Extraction",
    "training": "Training",
    "total": "Extraction and training",
}
_CORE_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#CC79A7", "#D55E00", "#7F7F7F", "#C9B400")
_ROW_PX, _BAR_PX = 34, 26


def rows_of(summary: Sequence[SpeedUp], stage: MeasuredStage, *, cold: bool) -> list[SpeedUp]:
    """Return the rows of a stage, in the order of the versions."""
    order = list(VERSIONS)
    rows = [row for row in summary if row.stage == stage and row.cold == cold]
    return sorted(rows, key=lambda row: (order.index(row.version), row.backend, row.jobs))


def error_bars(values: Sequence[float], ends: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return Plotly's error bars from each value to the ends of its range."""
    pairs = list(zip(values, ends, strict=True))
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, high - value) for value, (_, high) in pairs],
        "arrayminus": [max(0.0, value - low) for value, (low, _) in pairs],
        "color": MUTED,
        "thickness": 2,
    }


def range_bars(
    titles: Sequence[str],
    values: Sequence[float],
    ends: Sequence[tuple[float, float]],
    *,
    colours: Sequence[str],
    texts: Sequence[str],
    customdata: Sequence[Sequence[object]],
    hovertemplate: str,
    row_px: int = _ROW_PX,
) -> go.Figure:
    """Return horizontal bars with their ranges, and texts beside them."""
    bars = go.Bar(
        x=values,
        y=titles,
        orientation="h",
        marker={"color": colours},
        error_x=error_bars(values, ends),
        customdata=customdata,
        hovertemplate=hovertemplate,
    )
    # Texts are beside the error bars, where they can be read for short bars as well.
    highs = [high for _, high in ends]
    labels = go.Scatter(x=highs, y=titles, mode="text", text=texts, textposition="middle right", hoverinfo="skip")
    figure = go.Figure([bars, labels])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return finish(figure, height=90 + row_px * len(titles), showlegend=False, bargap=0.25)


def time_chart(rows: Sequence[SpeedUp], spread: Mapping[str, tuple[float, float]]) -> go.Figure:
    """Return the median time with the shortest and longest repeat, a bar per version.

    Parameters
    ----------
    rows : sequence of SpeedUp
        Of one stage.
    spread : mapping of str to (float, float)
        Shortest and longest time in seconds by title.
    """
    ends = [spread.get(row.title, (row.seconds, row.seconds)) for row in rows]
    figure = range_bars(
        [row.title for row in rows],
        [row.seconds for row in rows],
        ends,
        colours=[VERSION_COLOURS[row.version] for row in rows],
        texts=[f"  {row.seconds:.2f} s · {row.speed_up:.1f}×" for row in rows],
        customdata=[[*pair, row.repeats] for pair, row in zip(ends, rows, strict=True)],
        hovertemplate="%{y}: median %{x:.2f} s<br>%{customdata[0]:.2f}–%{customdata[1]:.2f} s over "
        "%{customdata[2]} repeats<extra></extra>",
    )
    longest = max((high for _, high in ends), default=1.0)
    return figure.update_xaxes(range=[0, 1.5 * longest], title="Time (s)")


def time_alt(rows: Sequence[SpeedUp]) -> str:
    """Return a text alternative: each version's time and speed-up."""
    parts = [f"{row.title} {row.seconds:.2f} s ({row.speed_up:.1f} times)" for row in rows]
    return f"Median time by version: {'; '.join(parts)}."


def comparison_chart(results: Mapping[str, Sequence[SpeedUp]]) -> go.Figure:
    """Return speed-ups with their range, a group of bars per result.

    Parameters
    ----------
    results : mapping of str to sequence of SpeedUp
        Rows of a summary by the short title of the result; the first version, 1 by definition, is drawn as a line.
    """
    figure = go.Figure()
    shown = [version for version in VERSIONS if version != "first"]
    drawn = 0
    for version in shown:
        pairs = [(title, row) for title, rows in results.items() for row in rows if row.version == version]
        if not pairs:
            continue
        drawn += 1
        figure.add_bar(
            x=[row.speed_up for _, row in pairs],
            # Titles may come from files of strangers, and Plotly interprets some HTML.
            y=[escape(title) for title, _ in pairs],
            name=VERSIONS[version],
            orientation="h",
            marker={"color": VERSION_COLOURS[version]},
            error_x=error_bars([row.speed_up for _, row in pairs], [(row.low, row.high) for _, row in pairs]),
            text=[f"{row.speed_up:.1f}×" for _, row in pairs],
            textposition="auto",
            insidetextanchor="middle",
            insidetextfont={"color": "#FFFFFF"},
            textangle=0,
            customdata=[[row.title, row.low, row.high, row.repeats] for _, row in pairs],
            hovertemplate="%{customdata[0]}: %{x:.2f} times<br>%{customdata[1]:.2f}–%{customdata[2]:.2f} over "
            "%{customdata[3]} repeats<extra>%{y}</extra>",
        )
    figure.add_vline(x=1, layer="below", line={"color": MUTED, "dash": "dash", "width": 2})
    figure.update_xaxes(title="Times faster than the first version (dashed)", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    height = 110 + len(results) * (18 + _BAR_PX * max(1, drawn))
    return finish(figure, height=height, barmode="group", bargap=0.3)


def comparison_alt(results: Mapping[str, Sequence[SpeedUp]]) -> str:
    """Return a text alternative: each version's speed-up in each result."""
    texts = []
    for title, rows in results.items():
        parts = [
            f"{row.title} {row.speed_up:.1f} times ({row.low:.1f} to {row.high:.1f})"
            for row in rows
            if row.version != "first"
        ]
        texts.append(f"{title}: {', '.join(parts) or 'nothing to compare'}")
    return f"Times faster than the first version. {'; '.join(texts)}."


def memory_chart(timelines: Sequence[Timeline]) -> go.Figure:
    """Return the memory of each version over the time of its last repeat."""
    figure = go.Figure()
    for line in timelines:
        figure.add_scatter(
            x=line.seconds,
            y=np.round(line.memory_mb, 1),
            name=line.title,
            mode="lines",
            line={"color": VERSION_COLOURS[line.version], "dash": _dash(line)},
            customdata=np.column_stack([line.anonymous_mb, line.file_mb]) if line.seconds else None,
            hovertemplate="%{x:.1f} s: %{y:.0f} MB, of which %{customdata[0]:.0f} its own and %{customdata[1]:.0f} "
            "mapped files<extra>" + line.title + "</extra>",
        )
    figure.update_xaxes(title="Time since the start of the process (s)", rangemode="tozero")
    figure.update_yaxes(title="Memory (MB)", rangemode="tozero")
    return finish(figure, height=340)


def memory_alt(timelines: Sequence[Timeline]) -> str:
    """Return a text alternative: the peak memory of each version."""
    peaks = [f"{line.title} {max(line.memory_mb):.0f} MB" for line in timelines if line.seconds]
    return f"Highest memory of each version with its workers: {'; '.join(peaks)}."


def cores_chart(line: Timeline) -> go.Figure:
    """Return the stacked load of the cores over time, for one version's last repeat."""
    loads = np.array(line.cores, dtype=float)
    figure = go.Figure()
    for core in range(loads.shape[1] if loads.ndim == 2 else 0):
        figure.add_scatter(
            x=line.seconds,
            y=loads[:, core].round(),
            name=f"Core {core + 1}",
            mode="lines",
            stackgroup="cores",
            line={"width": 0.5, "color": _CORE_COLOURS[core % len(_CORE_COLOURS)]},
            hovertemplate="%{x:.1f} s: %{y:.0f} %<extra>" + f"Core {core + 1}</extra>",
        )
    for stage in line.stages:
        label = STAGE_TITLES[stage.stage] + (", cold" if stage.cold else "")
        figure.add_vline(x=stage.begin, line={"color": MUTED, "dash": "dot", "width": 1})
        figure.add_annotation(
            x=stage.begin, y=1, yref="paper", yanchor="bottom", xanchor="left", text=label, showarrow=False
        )
    figure.update_xaxes(title="Time since the start of the process (s)", rangemode="tozero")
    figure.update_yaxes(title="Load of the cores (%, stacked)", rangemode="tozero")
    return finish(
        figure, height=300, margin={"l": 8, "r": 16, "t": 30, "b": 8}, legend={"y": -0.25, "yanchor": "top"}
    )


def cores_alt(line: Timeline) -> str:
    """Return a text alternative: the mean load during the warm extraction."""
    stage = next((each for each in line.stages if each.stage == "extraction" and not each.cold), None)
    inside = [
        sum(loads)
        for second, loads in zip(line.seconds, line.cores, strict=True)
        if stage and stage.begin <= second <= stage.end
    ]
    if not inside:
        return f"Load of the cores under {line.title}."
    load = f"{np.mean(inside):.0f} of {100 * len(line.cores[0])} %"
    return f"Under {line.title} the cores were loaded by {load} on average while extracting."


def f1_chart(scores: Sequence[Scores]) -> go.Figure:
    """Return the F1 of every emotion, a bar per version."""
    figure = go.Figure()
    for row in scores:
        figure.add_bar(
            x=[titled(emotion) for emotion in row.f1],
            y=list(row.f1.values()),
            name=VERSIONS[row.version],
            marker={"color": VERSION_COLOURS[row.version]},
            hovertemplate="%{x}: F1 %{y:.2f}<extra>" + VERSIONS[row.version] + "</extra>",
        )
    figure.update_yaxes(title="F1 (0 to 1)", range=[0, 1])
    return finish(figure, height=320, barmode="group", bargap=0.25)


def f1_alt(scores: Sequence[Scores]) -> str:
    """Return a text alternative: accuracy and weighted F1 of each version."""
    parts = [
        f"{VERSIONS[row.version]} accuracy {row.accuracy:.3f}, weighted F1 {row.f1_weighted:.3f}" for row in scores
    ]
    return "; ".join(parts) + "."


def _dash(line: Timeline) -> str:
    return {1: "dot", 2: "solid"}.get(line.jobs, "dash") if line.version == "engine" else "solid"
