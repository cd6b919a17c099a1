"""Figures about one clip: how likely each emotion is, and how that changes over time."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from aec.charts.style import EMOTION_SYMBOLS, colour_of, finish
from aec.charts.words import percent, titled

if TYPE_CHECKING:
    from aec.prediction import Segment

_ROW_PX = 34
_SMALL_ROW_PX = 22
# Room at the right of a full bar for its number.
_FULL = 1.14
# A line that never gets this high is drawn thin: it tells nothing.
_NOTEWORTHY = 0.25


def probability_chart(probabilities: Mapping[str, float], *, small: bool = False) -> go.Figure:
    """Return one bar per emotion, the likeliest on top, each with its number.

    Parameters
    ----------
    probabilities : mapping of str to float
        From 0 to 1.
    small : bool
        In as little room as the numbers need.
    """
    ranked = ranking(probabilities)
    shares = [share for _, share in ranked]
    figure = go.Figure(
        go.Bar(
            x=shares,
            y=[titled(emotion) for emotion, _ in ranked],
            orientation="h",
            marker={"color": [colour_of(emotion) for emotion, _ in ranked]},
            text=[percent(share) for share in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, _FULL], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%", title="Probability (%)")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return finish(
        figure, height=70 + (_SMALL_ROW_PX if small else _ROW_PX) * len(ranked), bargap=0.3, showlegend=False
    )


def probability_alt(probabilities: Mapping[str, float]) -> str:
    """Return the chart's finding: all emotions with their numbers, the likeliest first."""
    listed = [f"{emotion} {percent(share)}" for emotion, share in ranking(probabilities)]
    return f"Probability of each emotion: {', '.join(listed)}."


def ranking(probabilities: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the emotions with their probabilities, the likeliest first."""
    return sorted(probabilities.items(), key=lambda item: -item[1])


def timeline_chart(segments: Sequence["Segment"]) -> go.Figure:
    """Return one line per emotion over the middles of the windows.

    Parameters
    ----------
    segments : sequence of Segment [shape=(n,)]
        At least one; times in seconds.
    """
    middles = [(segment.start_s + segment.end_s) / 2 for segment in segments]
    windows = [f"{segment.start_s:.1f}–{segment.end_s:.1f} s" for segment in segments]
    figure = go.Figure()
    for emotion in segments[0].probabilities:
        shares = [segment.probabilities[emotion] for segment in segments]
        strong = max(shares) >= _NOTEWORTHY
        figure.add_scatter(
            x=middles,
            y=shares,
            customdata=windows,
            name=titled(emotion),
            mode="lines+markers",
            line={"color": colour_of(emotion), "width": 3 if strong else 1},
            marker={"symbol": EMOTION_SYMBOLS.get(emotion, "circle"), "size": 9 if strong else 5},
            opacity=1.0 if strong else 0.6,
            hovertemplate="%{fullData.name}, %{customdata}: %{y:.0%}<extra></extra>",
        )
    figure.update_xaxes(range=[0, segments[-1].end_s], title="Time (s), middle of each window")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", title="Probability (%)")
    return finish(figure, height=380)


def timeline_alt(segments: Sequence["Segment"]) -> str:
    """Return the chart's finding: which emotion leads, and from when to when."""
    stretches = []
    for emotion, together in groupby(segments, key=lambda segment: segment.emotion):
        part = list(together)
        stretches.append(f"{emotion} from {part[0].start_s:.1f} to {part[-1].end_s:.1f} s")
    if len(stretches) == 1:
        return f"{titled(segments[0].emotion)} is the likeliest emotion in every window."
    return f"Likeliest emotion over time: {', then '.join(stretches)}."
