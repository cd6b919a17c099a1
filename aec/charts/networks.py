"""How fast a network learns, alone and in several processes: a bar per setting."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from aec.benchmark.networks import setting_of
from aec.charts.style import MUTED, finish
from aec.charts.words import counted, percent

# The words beside the bars say the same.
_COLOURS = {"none": "#7F7F7F", "data": "#0072B2", "model": "#E69F00"}
_ROW_PX = 40

Row = Mapping[str, Any]


def networks_chart(rows: Sequence[Row]) -> go.Figure:
    """Return one bar per setting: clips per second, with the slowest and the fastest repeat.

    Parameters
    ----------
    rows : sequence of mapping
        As `aec.benchmark.networks.with_figures` gives them.
    """
    titles = [setting_of(row).title for row in rows]
    paces = [float(row["samples_per_s"]) for row in rows]
    figure = go.Figure(
        go.Bar(
            x=paces,
            y=titles,
            orientation="h",
            marker={"color": [_COLOURS[row["parallel"]] for row in rows]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(0.0, row["high"] - pace) for row, pace in zip(rows, paces, strict=True)],
                "arrayminus": [max(0.0, pace - row["low"]) for row, pace in zip(rows, paces, strict=True)],
                "color": MUTED,
                "thickness": 2,
            },
            customdata=[
                [row["low"], row["high"], counted(len(row["repeats_s"]), "repeat"), 1000 * row["step_s"]]
                for row in rows
            ],
            hovertemplate="%{y}: median %{x:.1f} clips/s<br>%{customdata[0]:.1f}–%{customdata[1]:.1f} over "
            "%{customdata[2]}<br>%{customdata[3]:.0f} ms a step<extra></extra>",
        )
    )
    # Beside the bars and their whiskers, so that short bars can be read as well.
    figure.add_scatter(
        x=[row["high"] for row in rows],
        y=titles,
        mode="text",
        text=[f"  {pace:.1f}" for pace in paces],
        textposition="middle right",
        hoverinfo="skip",
    )
    fastest = max((float(row["high"]) for row in rows), default=1.0)
    figure.update_xaxes(range=[0, 1.2 * fastest], rangemode="tozero", title="Clips per second in training")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return finish(figure, height=90 + _ROW_PX * len(rows), showlegend=False, bargap=0.3)


def networks_alt(rows: Sequence[Row]) -> str:
    """Return the chart's finding: each setting's pace, and what share of its cores' work it turns into speed."""
    parts = []
    for row in rows:
        efficiency = "" if row["efficiency"] is None else f" ({percent(row['efficiency'])} efficiency)"
        parts.append(f"{setting_of(row).title} {row['samples_per_s']:.1f}{efficiency}")
    return f"Clips per second in training: {'; '.join(parts)}."
