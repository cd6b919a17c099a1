"""How many clips of which emotion come from which corpus."""

import pandas as pd
import plotly.graph_objects as go

from aec.charts.style import CORPUS_PATTERNS, MUTED, colour_of, finish
from aec.charts.words import percent, titled

_ROW_PX = 38


def balance_chart(counts: pd.DataFrame) -> go.Figure:
    """Return one bar per emotion, stacked by corpus.

    Parameters
    ----------
    counts : pd.DataFrame
        Columns `emotion`, `corpus`, `clips`; one row per pair.
    """
    emotions = list(dict.fromkeys(counts["emotion"]))
    corpora = list(dict.fromkeys(counts["corpus"]))
    figure = go.Figure()
    for corpus, pattern in zip(corpora, _patterns(len(corpora)), strict=True):
        part = counts[counts["corpus"] == corpus].set_index("emotion")["clips"].reindex(emotions, fill_value=0)
        marking = {"shape": pattern, "fgcolor": "rgba(255,255,255,0.75)", "fillmode": "overlay", "size": 7}
        figure.add_bar(
            x=part.tolist(),
            y=[titled(emotion) for emotion in emotions],
            orientation="h",
            name=corpus,
            marker={"color": [colour_of(emotion) for emotion in emotions], "pattern": marking},
            hovertemplate="%{y}, %{fullData.name}: %{x:,} clips<extra></extra>",
            showlegend=False,
        )
        # The bars have a colour each; the legend stands for the pattern alone.
        figure.add_bar(x=[None], y=[None], orientation="h", name=corpus, marker={"color": MUTED, "pattern": marking})
    totals = counts.groupby("emotion", sort=False)["clips"].sum().reindex(emotions)
    figure.add_scatter(
        x=totals.tolist(),
        y=[titled(emotion) for emotion in emotions],
        text=[f" {total:,}" for total in totals],
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(range=[0, max(int(totals.max()), 1) * 1.12], title="Clips", tickformat=",")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    height = 110 + _ROW_PX * len(emotions)
    return finish(figure, height=height, barmode="stack", bargap=0.3, showlegend=len(corpora) > 1)


def balance_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: the clips of every emotion and its share."""
    totals = counts.groupby("emotion", sort=False)["clips"].sum()
    everything = max(int(totals.sum()), 1)
    listed = [f"{emotion} {n} ({percent(n / everything, 1)})" for emotion, n in totals.items()]
    return f"Clips by emotion: {', '.join(listed)}."


def _patterns(n: int) -> list[str]:
    return [CORPUS_PATTERNS[at % len(CORPUS_PATTERNS)] for at in range(n)]
