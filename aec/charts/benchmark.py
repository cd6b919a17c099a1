"""Figures about a benchmark: time by version, memory and cores over time, F1 by version."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aec.benchmark.settings import VERSIONS, Configuration
from aec.charts.style import MUTED, finish
from aec.charts.words import titled

VERSION_COLOURS = {"first": "#7F7F7F", "first, one BLAS thread": "#B5B5B5", "final": "#0072B2", "engine": "#009E73"}
STAGE_TITLES = {"extraction": "Extraction", "training": "Training", "total": "Extraction and training"}
_CORE_COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#E69F00", "#CC79A7", "#D55E00", "#7F7F7F", "#C9B400")
_ROW_PX = 34

Row = Mapping[str, Any]


def row_title(row: Row) -> str:
    """Return what a row of a summary or a timeline is about, for example `Engine, 2 threads`."""
    return Configuration(str(row["version"]), str(row["backend"]), int(row["jobs"])).title


def rows_of(summary: Sequence[Row], stage: str, *, cold: bool) -> list[Row]:
    """Return the rows of a stage, in the order of the versions."""
    order = list(VERSIONS)
    rows = [row for row in summary if row["stage"] == stage and bool(row["cold"]) == cold]
    return sorted(rows, key=lambda row: (order.index(row["version"]), row["backend"], row["jobs"]))


def time_chart(rows: Sequence[Row], spread: Mapping[str, tuple[float, float]]) -> go.Figure:
    """Return one bar per version: the median time, with the shortest and the longest repeat.

    Parameters
    ----------
    rows : sequence of mapping
        Of one stage, as `rows_of` gives them.
    spread : mapping of str to (float, float)
        Shortest and longest time in seconds by title.
    """
    titles = [row_title(row) for row in rows]
    seconds = [float(row["seconds"]) for row in rows]
    ends = [spread.get(title, (value, value)) for title, value in zip(titles, seconds, strict=True)]
    figure = go.Figure(
        go.Bar(
            x=seconds,
            y=titles,
            orientation="h",
            marker={"color": [VERSION_COLOURS[row["version"]] for row in rows]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(0.0, high - value) for value, (_, high) in zip(seconds, ends, strict=True)],
                "arrayminus": [max(0.0, value - low) for value, (low, _) in zip(seconds, ends, strict=True)],
                "color": MUTED,
                "thickness": 2,
            },
            customdata=[[*pair, row["repeats"]] for pair, row in zip(ends, rows, strict=True)],
            hovertemplate="%{y}: median %{x:.2f} s<br>%{customdata[0]:.2f}–%{customdata[1]:.2f} s over "
            "%{customdata[2]} repeats<extra></extra>",
        )
    )
    # Beside the bars and their whiskers, so that short bars can be read as well.
    figure.add_scatter(
        x=[high for _, high in ends],
        y=titles,
        mode="text",
        text=[f"  {value:.2f} s · {row['speed_up']:.1f}×" for value, row in zip(seconds, rows, strict=True)],
        textposition="middle right",
        hoverinfo="skip",
    )
    longest = max((high for _, high in ends), default=1.0)
    figure.update_xaxes(range=[0, 1.5 * longest], title="Time (s)")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return finish(figure, height=90 + _ROW_PX * len(rows), showlegend=False, bargap=0.25)


def time_alt(rows: Sequence[Row]) -> str:
    """Return the chart's finding: each version's time and how many times faster than the first it is."""
    parts = [f"{row_title(row)} {row['seconds']:.2f} s ({row['speed_up']:.1f} times)" for row in rows]
    return f"Median time by version: {'; '.join(parts)}."


def memory_chart(timelines: Sequence[Row]) -> go.Figure:
    """Return the memory of each version over the time of its last repeat."""
    figure = go.Figure()
    for line in timelines:
        total = np.array(line["anonymous_mb"]) + np.array(line["file_mb"])
        figure.add_scatter(
            x=list(line["seconds"]),
            y=total.round(1),
            name=row_title(line),
            mode="lines",
            line={"color": VERSION_COLOURS[line["version"]], "dash": _dash(line)},
            customdata=np.column_stack([line["anonymous_mb"], line["file_mb"]]) if len(total) else None,
            hovertemplate="%{x:.1f} s: %{y:.0f} MB, of which %{customdata[0]:.0f} its own and %{customdata[1]:.0f} "
            "mapped files<extra>" + row_title(line) + "</extra>",
        )
    figure.update_xaxes(title="Time since the start of the process (s)", rangemode="tozero")
    figure.update_yaxes(title="Memory (MB)", rangemode="tozero")
    return finish(figure, height=340)


def memory_alt(timelines: Sequence[Row]) -> str:
    """Return the chart's finding: the highest memory of each version."""
    peaks = []
    for line in timelines:
        both = [own + mapped for own, mapped in zip(line["anonymous_mb"], line["file_mb"], strict=True)]
        if both:
            peaks.append(f"{row_title(line)} {max(both):.0f} MB")
    return f"Highest memory of each version with its workers: {'; '.join(peaks)}."


def cores_chart(line: Row) -> go.Figure:
    """Return the load of every core, stacked, over the time of one version's last repeat."""
    loads = np.array(line["cores"], dtype=float)
    figure = go.Figure()
    for core in range(loads.shape[1] if loads.ndim == 2 else 0):
        figure.add_scatter(
            x=list(line["seconds"]),
            y=loads[:, core].round(),
            name=f"Core {core + 1}",
            mode="lines",
            stackgroup="cores",
            line={"width": 0.5, "color": _CORE_COLOURS[core % len(_CORE_COLOURS)]},
            hovertemplate="%{x:.1f} s: %{y:.0f} %<extra>" + f"Core {core + 1}</extra>",
        )
    for stage in line["stages"]:
        label = STAGE_TITLES[stage["stage"]] + (", cold" if stage["cold"] else "")
        figure.add_vline(x=stage["begin"], line={"color": MUTED, "dash": "dot", "width": 1})
        figure.add_annotation(
            x=stage["begin"], y=1, yref="paper", yanchor="bottom", xanchor="left", text=label, showarrow=False
        )
    figure.update_xaxes(title="Time since the start of the process (s)", rangemode="tozero")
    figure.update_yaxes(title="Load of the cores (%, stacked)", rangemode="tozero")
    return finish(
        figure, height=300, margin={"l": 8, "r": 16, "t": 30, "b": 8}, legend={"y": -0.25, "yanchor": "top"}
    )


def cores_alt(line: Row) -> str:
    """Return the chart's finding: the mean load while extracting warm."""
    stage = next((each for each in line["stages"] if each["stage"] == "extraction" and not each["cold"]), None)
    inside = [
        sum(loads)
        for second, loads in zip(line["seconds"], line["cores"], strict=True)
        if stage and stage["begin"] <= second <= stage["end"]
    ]
    if not inside:
        return f"Load of the cores under {row_title(line)}."
    of = 100 * len(line["cores"][0])
    load = f"{np.mean(inside):.0f} of {of} %"
    return f"Under {row_title(line)} the cores were loaded by {load} on average while extracting."


def f1_chart(scores: Sequence[Row]) -> go.Figure:
    """Return the F1 of every emotion, a bar per version."""
    figure = go.Figure()
    for row in scores:
        emotions = list(row["f1"])
        figure.add_bar(
            x=[titled(emotion) for emotion in emotions],
            y=[row["f1"][emotion] for emotion in emotions],
            name=VERSIONS.get(row["version"], row["version"]),
            marker={"color": VERSION_COLOURS[row["version"]]},
            hovertemplate="%{x}: F1 %{y:.2f}<extra>" + VERSIONS.get(row["version"], "") + "</extra>",
        )
    figure.update_yaxes(title="F1 (0 to 1)", range=[0, 1])
    return finish(figure, height=320, barmode="group", bargap=0.25)


def f1_alt(scores: Sequence[Row]) -> str:
    """Return the chart's finding: accuracy and weighted F1 of each version."""
    parts = [
        f"{VERSIONS.get(row['version'], row['version'])} accuracy {row['accuracy']:.3f}, weighted F1 "
        f"{row['f1_weighted']:.3f}"
        for row in scores
    ]
    return "; ".join(parts) + "."


def _dash(line: Row) -> str:
    return {1: "dot", 2: "solid"}.get(int(line["jobs"]), "dash") if line["version"] == "engine" else "solid"
