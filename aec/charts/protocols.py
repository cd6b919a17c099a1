"""Chart of the same training tested on unseen speakers and on a random split."""

from collections.abc import Mapping

import plotly.graph_objects as go

from aec.charts.style import MODEL_COLOUR, MUTED, finish
from aec.charts.training import whiskers
from aec.charts.words import METRIC_TITLES
from aec.evaluation.metrics import Evaluation, Interval

TITLES = {"speaker": "Unseen speakers", "random": "Random split"}
_COLOURS = {"speaker": MODEL_COLOUR, "random": MUTED}
_SYMBOLS = {"speaker": "circle", "random": "diamond-open"}
_ROW_PX = 44


def protocol_chart(reports: Mapping[str, Evaluation]) -> go.Figure:
    """Return two dots with intervals per metric: unseen speakers, random split.

    Parameters
    ----------
    reports : mapping of str to Evaluation
        By `speaker` and `random`.
    """
    figure = go.Figure()
    for number, (split, report) in enumerate(reports.items()):
        values = [report.metrics[name] for name in METRIC_TITLES]
        ends = [_ends(report, name) for name in METRIC_TITLES]
        figure.add_scatter(
            x=values,
            # Side by side, so that neither interval hides the other.
            y=[at + 0.12 * (2 * number - 1) for at in range(len(values))],
            mode="markers",
            name=TITLES[split],
            marker={
                "color": _COLOURS[split],
                "size": 12,
                "symbol": _SYMBOLS[split],
                "line": {"width": 2, "color": _COLOURS[split]},
            },
            error_x=whiskers(values, ends, _COLOURS[split]),
            customdata=[[title, low, high] for title, (low, high) in zip(METRIC_TITLES.values(), ends, strict=True)],
            hovertemplate="%{customdata[0]}, %{fullData.name}: %{x:.3f}<br>"
            "%{customdata[1]:.3f}–%{customdata[2]:.3f}<extra></extra>",
        )
    figure.update_xaxes(range=[0, 1], title="Score (0 to 1)")
    figure.update_yaxes(
        tickvals=list(range(len(METRIC_TITLES))),
        ticktext=list(METRIC_TITLES.values()),
        range=[len(METRIC_TITLES) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return finish(figure, height=100 + _ROW_PX * len(METRIC_TITLES))


def protocol_alt(reports: Mapping[str, Evaluation]) -> str:
    """Return the chart's finding: every metric by either protocol."""
    parts = [
        f"{title} "
        + ", ".join(f"{report.metrics[name]:.2f} ({TITLES[split].lower()})" for split, report in reports.items())
        for name, title in METRIC_TITLES.items()
    ]
    return f"{'; '.join(parts)}."


def _ends(report: Evaluation, name: str) -> Interval:
    value = report.metrics[name]
    return report.intervals.get(name) or (value, value)
