"""Figure of a network's training speed, a bar per setting."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aec.benchmark.results import NetworkSpeed
from aec.charts.benchmark import range_bars
from aec.charts.words import counted, percent

# The titles beside the bars say the same.
_COLOURS = {"none": "#7F7F7F", "data": "#0072B2", "model": "#E69F00"}


def networks_chart(rows: Sequence[NetworkSpeed]) -> go.Figure:
    """Return clips per second with their range, one bar per setting."""
    figure = range_bars(
        [row.title for row in rows],
        [row.samples_per_s for row in rows],
        [(row.low, row.high) for row in rows],
        colours=[_COLOURS[row.parallel] for row in rows],
        texts=[f"  {row.samples_per_s:.1f}" for row in rows],
        customdata=[[row.low, row.high, counted(len(row.repeats_s), "repeat"), 1000 * row.step_s] for row in rows],
        hovertemplate="%{y}: median %{x:.1f} clips/s<br>%{customdata[0]:.1f}–%{customdata[1]:.1f} over "
        "%{customdata[2]}<br>%{customdata[3]:.0f} ms a step<extra></extra>",
        row_px=40,
    )
    fastest = max((row.high for row in rows), default=1.0)
    return figure.update_xaxes(range=[0, 1.2 * fastest], rangemode="tozero", title="Clips per second in training")


def networks_alt(rows: Sequence[NetworkSpeed]) -> str:
    """Return a text alternative: the speed of each setting and its efficiency."""
    parts = []
    for row in rows:
        efficiency = "" if row.efficiency is None else f" ({percent(row.efficiency)} efficiency)"
        parts.append(f"{row.title} {row.samples_per_s:.1f}{efficiency}")
    return f"Clips per second in training: {'; '.join(parts)}."
