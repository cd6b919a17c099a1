"""Bar chart of a prediction's probabilities."""

from collections.abc import Mapping

import plotly.graph_objects as go

from aec.charts.style import colour_of, finish
from aec.charts.words import percent, titled

_ROW_PX = 34
_SMALL_ROW_PX = 22
# Room at the right of a full bar for its number.
_FULL = 1.14


def probability_chart(probabilities: Mapping[str, float], *, small: bool = False) -> go.Figure:
    """Return one bar per emotion, the likeliest on top, with percentages.

    Parameters
    ----------
    probabilities : mapping of str to float
        From 0 to 1.
    small : bool
        With lower rows.
    """
    ranked = ranking(probabilities)
    values = [value for _, value in ranked]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[titled(emotion) for emotion, _ in ranked],
            orientation="h",
            marker={"color": [colour_of(emotion) for emotion, _ in ranked]},
            text=[percent(value) for value in values],
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
    """Return the chart as text: all emotions with percentages, likeliest first."""
    listed = [f"{emotion} {percent(value)}" for emotion, value in ranking(probabilities)]
    return f"Probability of each emotion: {', '.join(listed)}."


def ranking(probabilities: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the emotions with their probabilities, the likeliest first."""
    return sorted(probabilities.items(), key=lambda item: -item[1])
