"""Figures about a table of clips: balance, durations, speakers."""

import pandas as pd
import plotly.graph_objects as go

from aec.charts.style import CORPUS_PATTERNS, MUTED, colour_of, finish
from aec.charts.words import counted, percent, titled

_ROW_PX = 38
# Beyond this many bars their names would lie on each other; hovering still tells them.
_NAMED_SPEAKERS = 40


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
    figure.update_xaxes(range=[0, max(int(totals.max()), 1) * 1.12], title="Clips")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    height = 110 + _ROW_PX * len(emotions)
    return finish(figure, height=height, barmode="stack", bargap=0.3, showlegend=len(corpora) > 1)


def balance_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: the clips of every emotion and its share."""
    totals = counts.groupby("emotion", sort=False)["clips"].sum()
    everything = max(int(totals.sum()), 1)
    listed = [f"{emotion} {n} ({percent(n / everything, 1)})" for emotion, n in totals.items()]
    return f"Clips by emotion: {', '.join(listed)}."


def duration_chart(summary: pd.DataFrame, limit_s: float) -> go.Figure:
    """Return one box per emotion, with the length beyond which clips are cut.

    Parameters
    ----------
    summary : pd.DataFrame
        Columns `emotion`, `clips`, `shortest`, `lower`, `median`, `upper`, `longest` (seconds; the quarters) and
        `over_limit` (clips); one row per emotion.
    limit_s : float
    """
    names = [titled(emotion) for emotion in summary["emotion"]]
    figure = go.Figure()
    for name, row in zip(names, summary.itertuples(index=False), strict=True):
        figure.add_box(
            y=[name],
            q1=[row.lower],
            median=[row.median],
            q3=[row.upper],
            lowerfence=[row.shortest],
            upperfence=[row.longest],
            orientation="h",
            marker={"color": colour_of(str(row.emotion))},
            hoverinfo="skip",
            showlegend=False,
        )
    # Boxes made of quarters have no hover text of their own; this carries the counts.
    figure.add_scatter(
        x=summary["median"].tolist(),
        y=names,
        mode="markers",
        marker={"size": 18, "opacity": 0},
        customdata=summary[["clips", "shortest", "lower", "upper", "longest", "over_limit"]].to_numpy(),
        hovertemplate=(
            "%{y}: %{customdata[0]:,} clips<br>median %{x:.2f} s<br>"
            "middle half %{customdata[2]:.2f}–%{customdata[3]:.2f} s<br>"
            "all %{customdata[1]:.2f}–%{customdata[4]:.2f} s<br>"
            "%{customdata[5]:,} over the limit<extra></extra>"
        ),
        showlegend=False,
    )
    figure.add_vline(
        x=limit_s,
        line={"color": MUTED, "dash": "dash", "width": 2},
        annotation={"text": f"500 frames, {limit_s:.1f} s", "yref": "paper", "y": 1.0, "yanchor": "bottom"},
        annotation_position="top left",
    )
    longest = max(float(summary["longest"].max()), limit_s)
    figure.update_xaxes(range=[0, longest * 1.05], title="Duration (s)")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return finish(figure, height=110 + _ROW_PX * len(names), margin={"l": 8, "r": 16, "t": 32, "b": 8})


def duration_alt(summary: pd.DataFrame, limit_s: float) -> str:
    """Return the chart's finding: the range of the medians, and how many clips are cut."""
    medians = dict(zip(summary["emotion"], summary["median"], strict=True))
    shortest, longest = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    over = int(summary["over_limit"].sum())
    cut = f"{counted(over, 'clip')} longer than" if over else "no clip is longer than"
    return (
        f"Median duration from {medians[shortest]:.1f} s ({shortest}) to {medians[longest]:.1f} s ({longest}); "
        f"{cut} the 500-frame limit of {limit_s:.1f} s."
    )


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
    # A speaker is qualified by its corpus; under a bar the last part is enough.
    names = [speaker.rpartition("/")[2] for speaker in speakers]
    figure.update_xaxes(
        type="category",
        tickvals=speakers,
        ticktext=names,
        showticklabels=len(speakers) <= _NAMED_SPEAKERS,
        title="Speaker",
    )
    figure.update_yaxes(title="Clips", rangemode="tozero")
    return finish(figure, height=400, barmode="stack", bargap=0.25)


def speaker_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: how many speakers there are, and whether they have equally many clips."""
    totals = {str(who): int(n) for who, n in counts.groupby("speaker", sort=False)["clips"].sum().items()}
    speakers = counted(len(totals), "speaker")
    most, fewest = max(totals, key=totals.__getitem__), min(totals, key=totals.__getitem__)
    if totals[most] == totals[fewest]:
        return f"{speakers} with {counted(totals[most], 'clip')} each."
    return f"{speakers}; the most clips are of {most} ({totals[most]}), the fewest of {fewest} ({totals[fewest]})."


def _patterns(n: int) -> list[str]:
    return [CORPUS_PATTERNS[at % len(CORPUS_PATTERNS)] for at in range(n)]
