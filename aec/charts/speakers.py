"""Charts of speakers: their clips, the emotions that each shows, and their sex."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aec.charts.heat_map import heat_map
from aec.charts.style import MUTED, NAMED_SPEAKERS, colour_of, finish, finish_rows
from aec.charts.words import counted, titled

_MISSING_COLOUR = "#D55E00"
# So many speakers are named in the text beside a chart; the others are counted.
_LISTED_SPEAKERS = 3


def speaker_chart(counts: pd.DataFrame) -> go.Figure:
    """Return one bar per speaker, stacked by emotion.

    Parameters
    ----------
    counts : pd.DataFrame [shape=(speakers, emotions)]
        Clips; index and columns are the names, speakers are qualified by their corpus.
    """
    speakers = list(counts.index)
    figure = go.Figure([go.Bar(x=speakers, y=clips, **look) for clips, look in _emotion_bars(counts)])
    figure.update_yaxes(title="Clips", rangemode="tozero", tickformat=",")
    finish(figure, height=400, barmode="stack", bargap=0.25)
    return _name_speakers(figure, speakers)


def speaker_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: the speakers, and the most and fewest clips."""
    totals = {str(speaker): int(n) for speaker, n in counts.sum(axis=1).items()}
    speakers = counted(len(totals), "speaker")
    most, fewest = max(totals, key=totals.__getitem__), min(totals, key=totals.__getitem__)
    if totals[most] == totals[fewest]:
        return f"{speakers} with {counted(totals[most], 'clip')} each."
    return f"{speakers}; the most clips are of {most} ({totals[most]}), the fewest of {fewest} ({totals[fewest]})."


def speaker_heat_map(counts: pd.DataFrame) -> go.Figure:
    """Return a heat map of emotions by speaker.

    The colour is the share of the speaker's clips, a cross is no clip.

    Parameters
    ----------
    counts : pd.DataFrame [shape=(speakers, emotions)]
    """
    speakers = list(counts.index)
    names = [titled(emotion) for emotion in map(str, counts)]
    numbers = counts.to_numpy().T
    figure = heat_map(
        numbers / np.maximum(numbers.sum(axis=0), 1),
        numbers,
        columns=speakers,
        rows=names,
        hover="%{x}, %{y}: %{customdata:,} clips, %{z:.1%} of the speaker's",
    )
    if len(speakers) > NAMED_SPEAKERS:
        figure.data[0].update(xgap=0)
    missing = np.argwhere(numbers == 0)
    figure.add_scatter(
        x=[speakers[column] for _, column in missing],
        y=[names[row] for row, _ in missing],
        mode="markers",
        name="No clip",
        marker={"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": _MISSING_COLOUR}},
        hoverinfo="skip",
        showlegend=bool(len(missing)),
    )
    finish(figure, height=130 + 34 * len(names))
    return _name_speakers(figure, speakers)


def speaker_heat_map_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: which speakers show no clip of an emotion."""
    missing = {
        speaker: ", ".join(counts.columns[row == 0])
        for speaker, row in zip(counts.index, counts.to_numpy(), strict=True)
        if (row == 0).any()
    }
    if not missing:
        each = "The one speaker shows" if len(counts) == 1 else f"All {len(counts):,} speakers show"
        return f"{each} every emotion."
    listed = [f"{speaker} ({emotions})" for speaker, emotions in list(missing.items())[:_LISTED_SPEAKERS]]
    rest = f" and {len(missing) - len(listed):,} more" if len(missing) > len(listed) else ""
    verb = "lacks" if len(missing) == 1 else "lack"
    return f"{len(missing):,} of {counted(len(counts), 'speaker')} {verb} an emotion: {', '.join(listed)}{rest}."


def sex_chart(counts: pd.DataFrame, speakers: Mapping[str, int]) -> go.Figure:
    """Return one bar per sex, stacked by emotion.

    Parameters
    ----------
    counts : pd.DataFrame [shape=(sexes, emotions)]
    speakers : mapping of str to int
        Speakers of each sex.
    """
    names = [f"{titled(str(sex))}, {counted(speakers[str(sex)], 'speaker')}" for sex in counts.index]
    # Without a legend: the colours are those of the speakers above.
    bars = _emotion_bars(counts)
    figure = go.Figure([go.Bar(x=clips, y=names, orientation="h", showlegend=False, **look) for clips, look in bars])
    figure.update_xaxes(title="Clips", rangemode="tozero", tickformat=",")
    return finish_rows(figure, names, around_px=90, barmode="stack", bargap=0.35)


def sex_alt(counts: pd.DataFrame, speakers: Mapping[str, int]) -> str:
    """Return the chart's finding: the speakers and clips of each sex."""
    parts = [
        f"{sex} {counted(speakers[str(sex)], 'speaker')} with {counted(int(clips), 'clip')}"
        for sex, clips in counts.sum(axis=1).items()
    ]
    return f"By sex: {', '.join(parts)}."


def _emotion_bars(counts: pd.DataFrame) -> Iterator[tuple[list[int], dict[str, object]]]:
    """Yield the clips of each emotion, and the look of their bars."""
    for emotion in map(str, counts):
        yield (
            counts[emotion].tolist(),
            {
                "name": titled(emotion),
                "marker": {"color": colour_of(emotion)},
                "hovertemplate": "%{label}, %{fullData.name}: %{value:,} clips<extra></extra>",
            },
        )


def _name_speakers(figure: go.Figure, speakers: Sequence[str]) -> go.Figure:
    """Add the names of speakers below a finished figure and of corpora above it."""
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
