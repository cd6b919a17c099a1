"""Several benchmarks side by side: how many times faster than the first version each version was."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from aec.benchmark.settings import VERSIONS
from aec.charts.benchmark import VERSION_COLOURS, row_title
from aec.charts.style import MUTED, finish

_BAR_PX = 26

Row = Mapping[str, Any]


def comparison_chart(results: Mapping[str, Sequence[Row]]) -> go.Figure:
    """Return a group of bars per result, one bar per version: its speed-up, with the range over the repeats.

    Parameters
    ----------
    results : mapping of str to sequence of mapping
        Rows of a summary by the short title of the result; the first version, which is 1 by definition, is drawn as
        a line.
    """
    figure = go.Figure()
    shown = [version for version in VERSIONS if version != "first"]
    drawn = 0
    for version in shown:
        pairs = [(title, row) for title, rows in results.items() for row in rows if row["version"] == version]
        if not pairs:
            continue
        drawn += 1
        figure.add_bar(
            x=[float(row["speed_up"]) for _, row in pairs],
            # Titles may come from files of strangers, and Plotly reads some HTML.
            y=[escape(title) for title, _ in pairs],
            name=VERSIONS[version],
            orientation="h",
            marker={"color": VERSION_COLOURS[version]},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(0.0, row["high"] - row["speed_up"]) for _, row in pairs],
                "arrayminus": [max(0.0, row["speed_up"] - row["low"]) for _, row in pairs],
                "color": MUTED,
                "thickness": 2,
            },
            text=[f"{row['speed_up']:.1f}×" for _, row in pairs],
            textposition="auto",
            insidetextanchor="middle",
            insidetextfont={"color": "#FFFFFF"},
            textangle=0,
            customdata=[[row_title(row), row["low"], row["high"], row["repeats"]] for _, row in pairs],
            hovertemplate="%{customdata[0]}: %{x:.2f} times<br>%{customdata[1]:.2f}–%{customdata[2]:.2f} over "
            "%{customdata[3]} repeats<extra>%{y}</extra>",
        )
    figure.add_vline(x=1, layer="below", line={"color": MUTED, "dash": "dash", "width": 2})
    figure.update_xaxes(title="Times faster than the first version (dashed)", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    height = 110 + len(results) * (18 + _BAR_PX * max(1, drawn))
    return finish(figure, height=height, barmode="group", bargap=0.3)


def comparison_alt(results: Mapping[str, Sequence[Row]]) -> str:
    """Return the chart's finding: each version's speed-up in each result."""
    said = []
    for title, rows in results.items():
        parts = [
            f"{row_title(row)} {row['speed_up']:.1f} times ({row['low']:.1f} to {row['high']:.1f})"
            for row in rows
            if row["version"] != "first"
        ]
        said.append(f"{title}: {', '.join(parts) or 'nothing to compare'}")
    return f"Times faster than the first version. {'; '.join(said)}."
