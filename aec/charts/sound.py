"""Charts of sound facts: durations, levels, sampling rates and channels of clips."""

import pandas as pd
import plotly.graph_objects as go

from aec.charts.style import colour_of, finish_rows, mark_value
from aec.charts.words import counted, titled

_BAR = "#0072B2"
# Quieter clips than that are listed as problems; the axis need not reach them.
_QUIETEST_DB = -70.0


def duration_chart(summary: pd.DataFrame, limit_s: float) -> go.Figure:
    """Return one box per emotion, with the duration beyond which clips are cut.

    Parameters
    ----------
    summary : pd.DataFrame
        Columns `name` (an emotion), `clips`, `lowest`, `lower`, `median`, `upper`, `highest` (seconds; the quarters)
        and `over_limit` (clips); one row per emotion.
    limit_s : float
    """
    figure, names = _boxes(summary, "s", 2, extra="<br>%{customdata[5]:,} over the limit")
    mark_value(figure, limit_s, f"500 frames, {limit_s:.1f} s", side="top left")
    figure.update_xaxes(range=[0, max(float(summary["highest"].max()), limit_s) * 1.05], title="Duration (s)")
    return finish_rows(figure, names, margin={"l": 8, "r": 16, "t": 32, "b": 8})


def duration_alt(summary: pd.DataFrame, limit_s: float) -> str:
    """Return the chart's finding: the range of the medians, and the clips cut."""
    over = int(summary["over_limit"].sum())
    cut = f"{counted(over, 'clip')} longer than" if over else "no clip is longer than"
    return f"Median duration {_span(summary, 's')}; {cut} the 500-frame limit of {limit_s:.1f} s."


def level_chart(summary: pd.DataFrame) -> go.Figure:
    """Return one box per emotion or corpus for the peak level.

    Parameters
    ----------
    summary : pd.DataFrame
        As for `duration_chart`, in dBFS and without `over_limit`.
    """
    figure, names = _boxes(summary, "dBFS", 1)
    quietest = max(min(float(summary["lowest"].min()) - 2, -20.0), _QUIETEST_DB)
    figure.update_xaxes(range=[quietest, 1], title="Peak level (dBFS; 0 is full scale)", zeroline=False)
    return finish_rows(figure, names, around_px=100)


def level_alt(summary: pd.DataFrame) -> str:
    """Return the chart's finding: the quietest and the loudest median."""
    return f"Median peak level {_span(summary, 'dBFS')}."


def count_chart(counts: pd.DataFrame, quantity: str) -> go.Figure:
    """Return one bar per value of a quantity, such as the sampling rate.

    Parameters
    ----------
    counts : pd.DataFrame
        Columns `title` and `clips`.
    quantity : str
        For the hover text.
    """
    titles = counts["title"].tolist()
    figure = go.Figure(
        go.Bar(
            x=counts["clips"].tolist(),
            y=titles,
            orientation="h",
            marker={"color": _BAR},
            text=[f"{n:,}" for n in counts["clips"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"{quantity} %{{y}}: %{{x:,}} clips<extra></extra>",
        )
    )
    figure.update_xaxes(range=[0, max(int(counts["clips"].max()), 1) * 1.15], title="Clips", tickformat=",")
    # A lone bar across the whole figure would look like more than it is.
    gap = {1: 0.5, 2: 0.4}.get(len(titles), 0.3)
    return finish_rows(figure, titles, around_px=128 if len(titles) == 1 else 90, bargap=gap)


def count_alt(counts: pd.DataFrame, quantity: str) -> str:
    """Return the chart's finding: the values with their clips."""
    if len(counts) == 1:
        return (
            f"{titled(quantity)} of all {counted(int(counts['clips'].iloc[0]), 'clip')}: {counts['title'].iloc[0]}."
        )
    listed = [f"{row.title} {row.clips:,}" for row in counts.itertuples(index=False)]
    return f"Clips by {quantity}: {', '.join(listed)}."


def _boxes(summary: pd.DataFrame, unit: str, digits: int, extra: str = "") -> tuple[go.Figure, list[str]]:
    """Return a box per row of a summary, and the names of the rows."""
    names = [titled(str(name)) for name in summary["name"]]
    figure = go.Figure()
    for name, row in zip(names, summary.itertuples(index=False), strict=True):
        figure.add_box(
            y=[name],
            q1=[row.lower],
            median=[row.median],
            q3=[row.upper],
            lowerfence=[row.lowest],
            upperfence=[row.highest],
            orientation="h",
            marker={"color": colour_of(str(row.name))},
            hoverinfo="skip",
            showlegend=False,
        )
    figure.add_trace(_hover_marks(summary, names, unit, f".{digits}f", extra))
    return figure, names


def _hover_marks(summary: pd.DataFrame, names: list[str], unit: str, form: str, extra: str) -> go.Scatter:
    """Return invisible marks with a hover text, which boxes of quarters do not have."""
    columns = ["clips", "lowest", "lower", "upper", "highest", *(["over_limit"] if extra else [])]
    return go.Scatter(
        x=summary["median"].tolist(),
        y=names,
        mode="markers",
        marker={"size": 18, "opacity": 0},
        customdata=summary[columns].to_numpy(),
        hovertemplate=(
            f"%{{y}}: %{{customdata[0]:,}} clips<br>median %{{x:{form}}} {unit}<br>"
            f"middle half %{{customdata[2]:{form}}} to %{{customdata[3]:{form}}} {unit}<br>"
            f"all %{{customdata[1]:{form}}} to %{{customdata[4]:{form}}} {unit}{extra}<extra></extra>"
        ),
        showlegend=False,
    )


def _span(summary: pd.DataFrame, unit: str) -> str:
    medians = dict(zip(summary["name"], summary["median"], strict=True))
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    numbers = (f"{medians[name]:.1f}".replace("-", "−") for name in (low, high))
    ends = [f"{number} {unit} ({name})" for number, name in zip(numbers, (low, high), strict=True)]
    return ends[0] if low == high else f"from {ends[0]} to {ends[1]}"
