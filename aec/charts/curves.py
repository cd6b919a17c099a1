"""Training curves: one line per fold, and one for the final model."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from aec.charts.style import MODEL_COLOUR, finish
from aec.training.progress import EpochProgress

CURVE_TITLES = {"loss": "Training loss", "validation_uar": "Validation UAR"}
FINAL = "Final model"
Points = list[tuple[int, float]]

# Neutral, cool and warm in turn, each readable on white and on near-black; dash and label differ as well.
_SHADES = ("#5B6B7F", "#94806A", "#8494A8", "#75705F", "#9B8CA3")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_HEIGHT_PX = 280
# Of the height, about this much is between the axis and the legend.
_PLOT_PX = 180.0
_LABEL_PX = 14.0
# Labels whose lines end within this share of the width could lie on each other.
_NEAR = 0.08
_FARTHEST_PX = 30.0


class _Scale(NamedTuple):
    """The vertical axis; its ends are powers of ten where it is a logarithmic one."""

    kind: str
    low: float
    high: float
    title: str

    def place(self, value: float) -> float:
        """Return a value's position on the axis."""
        return math.log10(value) if self.kind == "log" else value

    def share(self, value: float) -> float:
        """Return a value's height as a share of the axis, 0 to 1."""
        return (self.place(value) - self.low) / (self.high - self.low)


def curve_chart(epochs: Sequence[EpochProgress], field: str) -> go.Figure:
    """Return one line per fold over the epochs, and one for the final model.

    Parameters
    ----------
    epochs : sequence of EpochProgress
    field : {"loss", "validation_uar"}
    """
    lines = curves_of(epochs, field)
    last = max((epoch for points in lines.values() for epoch, _ in points), default=1)
    scale = _scale(lines, field)
    figure = go.Figure()
    for number, (name, points) in enumerate(lines.items()):
        figure.add_scatter(
            x=[epoch for epoch, _ in points],
            y=[value for _, value in points],
            mode="lines+markers" if len(points) < 3 else "lines",
            name=name,
            line=_line(name, number),
            hovertemplate="%{fullData.name}: %{y:.3g}<extra></extra>",
        )
    _label(figure, lines, last, scale)
    # Room at the right for the labels.
    figure.update_xaxes(title="Epoch", range=[0, 1.07 * last])
    figure.update_yaxes(title=scale.title, type=scale.kind, range=[scale.low, scale.high])
    # All values of an epoch at once, each with the name of its line.
    return finish(figure, height=_HEIGHT_PX, hovermode="x unified")


def curve_alt(epochs: Sequence[EpochProgress], field: str) -> str:
    """Return the chart's finding: the value of each line after its last epoch."""
    ends = {name: points[-1] for name, points in curves_of(epochs, field).items()}
    lines = [f"{name} {value:.2f} after epoch {epoch}" for name, (epoch, value) in ends.items()]
    return f"{CURVE_TITLES[field]}: {', '.join(lines)}." if lines else f"{CURVE_TITLES[field]}: nothing yet."


def curves_of(epochs: Sequence[EpochProgress], field: str) -> dict[str, Points]:
    """Return (epoch, value) of each fold, the final model last."""
    lines: dict[str, Points] = {}
    for record in sorted(epochs, key=lambda epoch: epoch.fold or np.inf):
        value: float | None = getattr(record, field)
        if value is None:
            continue
        name = f"Fold {record.fold}" if record.stage == "fold" else FINAL
        if record.epoch == 1:
            lines[name] = []
        lines.setdefault(name, []).append((record.epoch, value))
    return lines


def _line(name: str, number: int) -> dict[str, object]:
    if name == FINAL:
        return {"color": MODEL_COLOUR, "width": 3}
    # Shades come round before dashes do: the second five folds differ from the first in their dash.
    dash = _DASHES[(number + number // len(_SHADES)) % len(_DASHES)]
    return {"color": _SHADES[number % len(_SHADES)], "width": 2, "dash": dash}


def _scale(lines: Mapping[str, Points], field: str) -> _Scale:
    """Return the vertical axis: logarithmic for a loss above zero."""
    title = CURVE_TITLES[field]
    values = [value for points in lines.values() for _, value in points]
    if field != "loss":
        return _Scale("linear", 0.0, 1.02, title)
    if not values or min(values) <= 0:
        return _Scale("linear", 0.0, 1.05 * max(values, default=0.0) or 1.0, title)
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max(0.05 * (high - low), 0.02)
    return _Scale("log", low - room, high + room, f"{title} (log scale)")


def _label(figure: go.Figure, lines: Mapping[str, Points], epochs: int, scale: _Scale) -> None:
    """Label each line at its end, moved up next to other labels."""
    ends = {name: (points[-1][0] / epochs, _PLOT_PX * scale.share(points[-1][1])) for name, points in lines.items()}
    placed: list[tuple[float, float]] = []
    # The final model goes first: of all the lines it is the one to be found.
    for name, (across, height) in sorted(ends.items(), key=lambda item: (item[0] != FINAL, item[1][1])):
        shifted = height
        for other in sorted(other for where, other in placed if abs(where - across) < _NEAR):
            if abs(shifted - other) < _LABEL_PX:
                shifted = other + _LABEL_PX
        if shifted - height > _FARTHEST_PX:
            continue
        placed.append((across, shifted))
        epoch, value = lines[name][-1]
        figure.add_annotation(
            x=epoch,
            y=scale.place(value),
            text="final" if name == FINAL else name.removeprefix("Fold "),
            showarrow=False,
            xanchor="left",
            xshift=4,
            yshift=shifted - height,
            font={"size": 12},
        )
