"""What all figures share: no background of their own, and the emotions' colours and marks."""

from typing import Any

import plotly.graph_objects as go

from aec.emotions import EMOTION_COLOURS, EMOTIONS

# Colour is never the only difference: lines also have a mark, stacked bars a pattern.
EMOTION_SYMBOLS: dict[str, str] = dict(
    zip(
        EMOTIONS,
        (
            "square",
            "circle",
            "triangle-down",
            "diamond",
            "x",
            "cross",
            "star",
            "pentagon",
            "hexagon",
            "triangle-up",
            "hourglass",
        ),
        strict=True,
    )
)
CORPUS_PATTERNS = ("", "/", "x", ".", "-", "\\", "+", "|")

# Readable on white and on near-black alike; the dashboard's theme colours text and grid lines.
MUTED = "#888888"
MODEL_COLOUR = "#0072B2"
_CLEAR = "rgba(0,0,0,0)"


def colour_of(emotion: str) -> str:
    """Return the fixed colour of an emotion; grey for a word that names none."""
    return EMOTION_COLOURS.get(emotion, MUTED)


def finish(figure: go.Figure, *, height: int, **layout: Any) -> go.Figure:
    """Give a figure the shared look and return it.

    Parameters
    ----------
    figure : go.Figure
    height : int
        In pixels.
    **layout
        Further settings of the layout.
    """
    figure.update_layout(
        height=height,
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        legend={
            "orientation": "h",
            "traceorder": "normal",
            "yanchor": "bottom",
            "y": 1.02,
            "x": 0,
            "title": {"text": ""},
        },
        hoverlabel={"namelength": -1},
        dragmode=False,
    )
    figure.update_layout(**layout)
    # Fixed ranges keep a swipe on a phone scrolling the page instead of zooming the chart.
    figure.update_xaxes(automargin=True, fixedrange=True)
    figure.update_yaxes(automargin=True, fixedrange=True)
    return figure
