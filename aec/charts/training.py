"""Charts of reports: metrics, confusion matrix, scores, differences of runs."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aec.charts.heat_map import heat_map, write_cells
from aec.charts.style import (
    MODEL_COLOUR,
    MUTED,
    NAMED_SPEAKERS,
    RIMMED,
    colour_of,
    finish,
    finish_rows,
    mark_value,
)
from aec.charts.words import METRIC_TITLES, counted, percent, titled
from aec.evaluation.comparison import Difference
from aec.evaluation.metrics import ClassScores, Evaluation, Interval

# From nothing to nearly full: clear cells take the page's own colour, light or dark. The step at half a row keeps the
# numbers readable: below it the theme's text is on a pale cell, above it white on a deep one.
_DARK = 0.5
_CELLS = (
    (0.0, "rgba(0,114,178,0)"),
    (_DARK, "rgba(0,114,178,0.35)"),
    (_DARK, "rgba(0,114,178,0.75)"),
    (1.0, "rgba(0,114,178,1)"),
)
# Colour and symbol of the first and the second series of scores.
_SERIES = ((MODEL_COLOUR, "circle"), (MUTED, "diamond-open"))
_METRIC_PX = 44


def score_chart(reports: Mapping[str, Evaluation], guessing: Mapping[str, float] | None = None) -> go.Figure:
    """Return dots with intervals per metric, one series per report, beside guessing.

    Parameters
    ----------
    reports : mapping of str to Evaluation
        By title, at most two.
    guessing : mapping of str to float, optional
        Scores of guessing, by the names of metrics.
    """
    figure = go.Figure()
    rows = dict(zip(METRIC_TITLES, range(len(METRIC_TITLES)), strict=True))
    # Two series stand side by side, so that neither interval hides the other.
    shifts = (0.0,) if len(reports) == 1 else (-0.12, 0.12)
    for (title, report), shift, (colour, symbol) in zip(reports.items(), shifts, _SERIES, strict=False):
        values = list(report.metrics.values())
        ends = [report.intervals.get(name) or (value, value) for name, value in report.metrics.items()]
        figure.add_scatter(
            x=values,
            y=[rows[name] + shift for name in report.metrics],
            mode="markers",
            name=title,
            marker={"color": colour, "size": 12, "symbol": symbol, "line": {"width": 2, "color": colour}},
            error_x=whiskers(values, ends, colour),
            customdata=[[METRIC_TITLES[name], *pair] for name, pair in zip(report.metrics, ends, strict=True)],
            hovertemplate="%{customdata[0]}, %{fullData.name}: %{x:.3f}<br>"
            "%{customdata[1]:.3f}–%{customdata[2]:.3f}<extra></extra>",
        )
    if guessing:
        figure.add_scatter(
            x=list(guessing.values()),
            y=[rows[name] for name in guessing],
            mode="markers",
            name="Guessing",
            marker={"color": MUTED, "size": 11, "symbol": "x-thin-open", "line": {"width": 2}},
            customdata=[METRIC_TITLES[name] for name in guessing],
            hovertemplate="%{customdata} by guessing: %{x:.3f}<extra></extra>",
        )
    figure.update_xaxes(range=[0, 1], title="Score (0 to 1)")
    figure.update_yaxes(
        tickvals=list(rows.values()),
        ticktext=list(METRIC_TITLES.values()),
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return finish(figure, height=100 + _METRIC_PX * len(rows))


def score_alt(reports: Mapping[str, Evaluation]) -> str:
    """Return the chart's finding: the metrics of each report with their intervals."""
    parts = [
        f"{title} "
        + ", ".join(
            f"{report.metrics[name]:.2f}{_within(report.intervals.get(name))} ({series.lower()})"
            for series, report in reports.items()
        )
        for name, title in METRIC_TITLES.items()
    ]
    return f"{'; '.join(parts)}."


def confusion_chart(labels: Sequence[str], confusion: Sequence[Sequence[int]], *, as_share: bool) -> go.Figure:
    """Return the matrix of true against predicted emotions.

    Parameters
    ----------
    labels : sequence of str [shape=(n,)]
    confusion : sequence of sequence of int [shape=(n, n)]
        Row i, column j: clips of label i predicted as j.
    as_share : bool
        Write the share of each row instead of counts; the colour is that share either way.
    """
    counts = np.asarray(confusion)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    names = [titled(label) for label in labels]
    figure = heat_map(
        shares,
        counts,
        columns=names,
        rows=names,
        hover="True %{y}, predicted %{x}<br>%{customdata:,} clips, %{z:.0%} of the row",
        top=1,
        scale=_CELLS,
    )
    texts = [
        [f"{100 * share:.0f}" if as_share else f"{count:,}" for share, count in zip(*row, strict=True)]
        for row in zip(shares.tolist(), counts.tolist(), strict=True)
    ]
    # Only numbers in dark cells have a colour of their own; the others take the theme's.
    write_cells(figure, texts, white_from=_DARK, ink=None)
    figure.update_xaxes(title="Predicted")
    figure.update_yaxes(title="True")
    return finish(figure, height=110 + 44 * len(names))


def confusion_alt(labels: Sequence[str], confusion: Sequence[Sequence[int]]) -> str:
    """Return the finding: the best recognised emotion and the commonest mistake."""
    counts = np.asarray(confusion)
    totals = counts.sum(axis=1)
    recalls = {label: counts[i, i] / totals[i] for i, label in enumerate(labels) if totals[i]}
    best = max(recalls, key=recalls.__getitem__)
    mistakes = counts.copy()
    np.fill_diagonal(mistakes, 0)
    best_words = f"Best recognised: {best}, {percent(recalls[best])} of its clips."
    if not mistakes.any():
        return f"{best_words} No clip was mistaken."
    true, predicted = divmod(int(mistakes.argmax()), len(labels))
    worst = int(mistakes[true, predicted])
    return (
        f"{best_words} The commonest mistake: {labels[true]} taken for {labels[predicted]}, {counted(worst, 'clip')}."
    )


def class_chart(per_class: Mapping[str, ClassScores]) -> go.Figure:
    """Return one bar per emotion for F1, with marks for precision and recall.

    Parameters
    ----------
    per_class : mapping of str to ClassScores
        By emotion.
    """
    names = [titled(label) for label in per_class]
    figure = go.Figure(
        go.Bar(
            x=[row.f1 for row in per_class.values()],
            y=names,
            orientation="h",
            name="F1",
            marker={"color": [colour_of(label) for label in per_class]},
            customdata=[row.support for row in per_class.values()],
            hovertemplate="%{y}: F1 %{x:.2f} of %{customdata:,} clips<extra></extra>",
            showlegend=False,
        )
    )
    for field, symbol in (("precision", "diamond"), ("recall", "circle")):
        figure.add_scatter(
            x=[getattr(row, field) for row in per_class.values()],
            y=names,
            mode="markers",
            name=titled(field),
            marker={"symbol": symbol, **RIMMED},
            hovertemplate=f"%{{y}}: {field} %{{x:.2f}}<extra></extra>",
        )
    figure.update_xaxes(range=[0, 1.02], title="F1 (bar), precision and recall (marks), 0 to 1")
    return finish_rows(figure, names, bargap=0.35)


def class_alt(per_class: Mapping[str, ClassScores]) -> str:
    """Return the chart's finding: the F1 of every emotion, the best first."""
    ranked = sorted(per_class, key=lambda label: -per_class[label].f1)
    listed = [f"{label} {per_class[label].f1:.2f}" for label in ranked]
    return f"F1 by emotion: {', '.join(listed)}."


def speaker_score_chart(scores: pd.DataFrame, uar: float, chance: float) -> go.Figure:
    """Return one bar per speaker, best first, with lines for all and guessing.

    Parameters
    ----------
    scores : pd.DataFrame
        Columns `speaker`, `uar` (mean recall over the emotions that the speaker shows), `clips`.
    uar, chance : float
    """
    ranked = scores.sort_values(["uar", "speaker"], ascending=[False, True])
    figure = go.Figure(
        go.Bar(
            x=ranked["uar"].tolist(),
            y=ranked["speaker"].tolist(),
            orientation="h",
            name="Speaker",
            marker={"color": MODEL_COLOUR},
            customdata=ranked["clips"].tolist(),
            hovertemplate="%{y}: UAR %{x:.2f}, %{customdata:,} clips<extra></extra>",
            showlegend=False,
        )
    )
    for value, text, dash in ((uar, f"all {uar:.2f}", "dash"), (chance, f"guessing {chance:.2f}", "dot")):
        mark_value(figure, value, text, dash=dash)
    named = len(ranked) <= NAMED_SPEAKERS
    figure.update_xaxes(range=[0, 1.02], title="UAR (0 to 1)")
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False, showticklabels=named)
    height = 110 + (26 * len(ranked) if named else 12 * min(len(ranked), 100))
    return finish(figure, height=height, bargap=0.3, margin={"l": 8, "r": 16, "t": 32, "b": 8})


def speaker_score_alt(scores: pd.DataFrame) -> str:
    """Return the chart's finding: the best and the worst recognised speaker."""
    ranked = scores.sort_values("uar")
    worst, best = ranked.iloc[0], ranked.iloc[-1]
    return (
        f"UAR of {counted(len(ranked), 'speaker')}, from {worst['uar']:.2f} ({worst['speaker']}) "
        f"to {best['uar']:.2f} ({best['speaker']})."
    )


def difference_chart(differences: Mapping[str, Difference]) -> go.Figure:
    """Return one dot per run: its UAR minus that of the first run, with interval.

    Parameters
    ----------
    differences : mapping of str to Difference
        In UAR, by the title of the run.
    """
    values = [one.value for one in differences.values()]
    ends = [one.interval or (one.value, one.value) for one in differences.values()]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=list(differences),
            mode="markers",
            marker={"color": MODEL_COLOUR, "size": 12},
            error_x=whiskers(values, ends),
            customdata=ends,
            hovertemplate="%{y}: %{x:+.3f}<br>%{customdata[0]:+.3f} to %{customdata[1]:+.3f}<extra></extra>",
            showlegend=False,
        )
    )
    reach = 1.15 * max(0.05, *(abs(end) for pair in ends for end in pair))
    figure.add_vline(x=0, line={"color": MUTED, "dash": "dash", "width": 2})
    figure.update_xaxes(range=[-reach, reach], title="Difference in UAR", tickformat="+.2f", zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category")
    return finish(figure, height=90 + 50 * len(values))


def difference_alt(differences: Mapping[str, Difference], base: str) -> str:
    """Return the chart's finding: the differences with their intervals."""
    parts = [f"{name} {one.value:+.2f}{_within(one.interval, '+.2f')}" for name, one in differences.items()]
    return f"UAR against {base}: {'; '.join(parts)}."


def whiskers(values: Sequence[float], ends: Sequence[Interval], colour: str = MODEL_COLOUR) -> dict[str, object]:
    """Return error bars of a Plotly trace from values to interval ends [shape=(n, 2)]."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [end[1] - value for value, end in zip(values, ends, strict=True)],
        "arrayminus": [value - end[0] for value, end in zip(values, ends, strict=True)],
        "color": colour,
        "thickness": 2,
        "width": 6,
    }


def _within(interval: Interval | None, form: str = ".2f") -> str:
    return f" ({interval[0]:{form}} to {interval[1]:{form}})" if interval else ""
