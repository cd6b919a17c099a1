"""Who speaks: clips of each speaker and of each sex."""

from collections.abc import Sequence
from itertools import groupby

import pandas as pd
import plotly.graph_objects as go

from aec.charts.style import MUTED, colour_of, finish
from aec.charts.words import counted, titled

# Beyond this many their names would lie on each other; hovering and the table still tell them.
NAMED_SPEAKERS = 40


def speaker_chart(counts: pd.DataFrame) -> go.Figure:
    """Return one bar per speaker, stacked by emotion.

    Parameters
    ----------
    counts : pd.DataFrame
        Columns `speaker`, `emotion`, `clips`; one row per pair.
    """
    speakers = list(dict.fromkeys(counts["speaker"]))
    figure = go.Figure()
    for emotion in dict.fromkeys(counts["emotion"]):
        part = counts[counts["emotion"] == emotion].set_index("speaker")["clips"].reindex(speakers, fill_value=0)
        figure.add_bar(
            x=speakers,
            y=part.tolist(),
            name=titled(emotion),
            marker={"color": colour_of(emotion)},
            hovertemplate="%{x}, %{fullData.name}: %{y:,} clips<extra></extra>",
        )
    figure.update_yaxes(title="Clips", rangemode="tozero", tickformat=",")
    finish(figure, height=400, barmode="stack", bargap=0.25)
    return name_speakers(figure, speakers)


def speaker_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: how many speakers there are, and whether they have equally many clips."""
    totals = {str(who): int(n) for who, n in counts.groupby("speaker", sort=False)["clips"].sum().items()}
    speakers = counted(len(totals), "speaker")
    most, fewest = max(totals, key=totals.__getitem__), min(totals, key=totals.__getitem__)
    if totals[most] == totals[fewest]:
        return f"{speakers} with {counted(totals[most], 'clip')} each."
    return f"{speakers}; the most clips are of {most} ({totals[most]}), the fewest of {fewest} ({totals[fewest]})."


def sex_chart(counts: pd.DataFrame) -> go.Figure:
    """Return one bar per sex, stacked by emotion.

    Parameters
    ----------
    counts : pd.DataFrame
        Columns `sex`, `speakers`, `emotion`, `clips`; one row per pair of sex and emotion.
    """
    speakers = dict(zip(counts["sex"], counts["speakers"], strict=True))
    names = {sex: f"{titled(sex)}, {counted(int(n), 'speaker')}" for sex, n in speakers.items()}
    figure = go.Figure()
    for emotion in dict.fromkeys(counts["emotion"]):
        part = counts[counts["emotion"] == emotion].set_index("sex")["clips"]
        figure.add_bar(
            x=[int(part[sex]) for sex in names],
            y=list(names.values()),
            orientation="h",
            name=titled(emotion),
            marker={"color": colour_of(emotion)},
            hovertemplate="%{y}, %{fullData.name}: %{x:,} clips<extra></extra>",
            # The same colours as of the speakers above.
            showlegend=False,
        )
    figure.update_xaxes(title="Clips", rangemode="tozero", tickformat=",")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return finish(figure, height=80 + 46 * len(names), barmode="stack", bargap=0.35)


def sex_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: the speakers and clips of each sex."""
    clips = counts.groupby("sex", sort=False)["clips"].sum()
    speakers = dict(zip(counts["sex"], counts["speakers"], strict=True))
    told = [
        f"{sex} {counted(int(speakers[sex]), 'speaker')} with {counted(int(n), 'clip')}" for sex, n in clips.items()
    ]
    return f"By sex: {', '.join(told)}."


def name_speakers(figure: go.Figure, speakers: Sequence[str]) -> go.Figure:
    """Name the speakers below a figure and their corpora above it, and return the figure.

    Parameters
    ----------
    figure : go.Figure
        With a finished layout and the speakers from left to right.
    speakers : sequence of str
        Qualified by their corpus.
    """
    figure.update_xaxes(
        type="category",
        categoryarray=list(speakers),
        tickvals=list(speakers),
        # Qualified by the corpus above; below a column the last part is enough.
        ticktext=[speaker.rpartition("/")[2] for speaker in speakers],
        showticklabels=len(speakers) <= NAMED_SPEAKERS,
        title="Speaker",
    )
    corpora = [
        (name, len(list(group))) for name, group in groupby(speaker.rpartition("/")[0] for speaker in speakers)
    ]
    if len(corpora) < 2:
        return figure
    start = 0
    for number, (name, width) in enumerate(corpora):
        if number:
            figure.add_vline(x=start - 0.5, line={"color": MUTED, "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=start - 0.5 + width / 2, y=1, yref="paper", yanchor="bottom", text=name, showarrow=False
        )
        start += width
    return figure.update_layout(legend={"y": 1.1}, margin={"t": 40})
