"""Shared look of all figures: transparent ground, fixed colours and marks."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aec.emotions import EMOTION_COLOURS

# Colour is never the only difference: lines also have a mark, stacked bars a pattern.
EMOTION_SYMBOLS: dict[str, str] = {
    "angry": "square",
    "happy": "circle",
    "sad": "triangle-down",
    "neutral": "diamond",
    "fearful": "x",
    "disgusted": "cross",
    "surprised": "star",
    "calm": "pentagon",
    "frustrated": "hexagon",
    "excited": "triangle-up",
    "bored": "hourglass",
}
CORPUS_PATTERNS = ("", "/", "x", ".", "-", "\\", "+", "|")

# Readable on white and on near-black alike; the dashboard's theme colours text and grid lines.
MUTED = "#888888"
MODEL_COLOUR = "#0072B2"
# White with a dark rim: visible on every bar, on the light and on the dark page.
RIMMED = {"size": 12, "color": "#FFFFFF", "line": {"width": 2, "color": "#333333"}}
# Beyond this many speakers their names would overlap; the hover text and the table still give them.
NAMED_SPEAKERS = 40
_ROW_PX = 38
_CLEAR = "rgba(0,0,0,0)"


def colour_of(emotion: str) -> str:
    """Return the fixed colour of an emotion; grey for a word that names none."""
    return EMOTION_COLOURS.get(emotion, MUTED)


def finish(figure: go.Figure, *, height: int, **layout: object) -> go.Figure:
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


def finish_rows(figure: go.Figure, rows: Sequence[str], *, around_px: int = 110, **layout: object) -> go.Figure:
    """Give a figure with one row per name the shared look and return it.

    Parameters
    ----------
    figure : go.Figure
    rows : sequence of str
        Names on the vertical axis, the first one on top.
    around_px : int
        Height of all but the rows.
    **layout
        As for `finish`.
    """
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category", categoryarray=list(rows))
    return finish(figure, height=around_px + _ROW_PX * len(rows), **layout)


def mark_value(figure: go.Figure, value: float, text: str, *, dash: str = "dash", side: str = "top") -> None:
    """Add a vertical line at a value, named above the figure."""
    figure.add_vline(
        x=value,
        line={"color": MUTED, "dash": dash, "width": 2},
        annotation={"text": text, "yref": "paper", "y": 1.0, "yanchor": "bottom"},
        annotation_position=side,
    )
