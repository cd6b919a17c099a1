"""Figures of speed-up and efficiency by worker count."""

from collections.abc import Mapping

import plotly.graph_objects as go

from aec.benchmark.results import AmdahlFit
from aec.benchmark.settings import VERSIONS
from aec.charts.benchmark import VERSION_COLOURS
from aec.charts.style import MUTED, finish
from aec.charts.words import percent

Curves = Mapping[str, Mapping[int, float]]


def scaling_chart(curves: Curves, amdahl: AmdahlFit | None) -> go.Figure:
    """Return speed-up by worker count, the ideal line, and Amdahl's projection.

    Parameters
    ----------
    curves : mapping of str to mapping of int to float
        Speed-up by worker count, by title such as `Engine, threads`.
    amdahl : AmdahlFit or None
    """
    figure, most = _curves_figure(curves, "%{y:.2f} times")
    projected = amdahl.projection if amdahl else {}
    if amdahl and projected:
        counts = sorted({1, most, *projected})
        share = amdahl.serial_share
        figure.add_scatter(
            x=counts,
            y=[1 / (share + (1 - share) / n) for n in counts],
            name="Amdahl’s law (projection)",
            mode="lines",
            line={"color": MUTED, "dash": "dot"},
            hovertemplate="%{x} workers: %{y:.2f} times by projection<extra></extra>",
        )
    # Many points: on the logarithmic axis of the workers the ideal is a curve.
    ideal = [most ** (step / 40) for step in range(41)]
    figure.add_scatter(
        x=ideal,
        y=ideal,
        name="Ideal",
        mode="lines",
        line={"color": MUTED, "dash": "dash", "width": 1},
        hoverinfo="skip",
    )
    figure.update_xaxes(title="Workers", type="log", tickvals=_ticks(max([most, *projected]), most))
    figure.update_yaxes(title="Times faster than one worker", rangemode="tozero")
    return finish(figure, height=360)


def scaling_alt(curves: Curves, amdahl: AmdahlFit | None) -> str:
    """Return a text alternative: largest speed-ups and the serial share."""
    parts = []
    for title, curve in curves.items():
        most = max(curve)
        parts.append(f"{title}: {curve[most]:.2f} times faster with {most} workers than with one")
    if amdahl and amdahl.projection:
        parts.append(f"{percent(amdahl.serial_share)} of the engine’s work does not spread, by Amdahl’s law")
    return "; ".join(parts) + "." if parts else "Only one worker count was measured."


def efficiency_chart(curves: Curves) -> go.Figure:
    """Return the speed-up divided by the number of workers, in percent.

    Parameters
    ----------
    curves : mapping of str to mapping of int to float
        As `scaling_chart` takes them.
    """
    shares = {title: {n: 100 * value / n for n, value in curve.items()} for title, curve in curves.items()}
    figure, most = _curves_figure(shares, "%{y:.0f} %")
    figure.add_hline(y=100, line={"color": MUTED, "dash": "dash", "width": 1})
    figure.update_xaxes(title="Workers", type="log", tickvals=_ticks(most, most))
    figure.update_yaxes(title="Efficiency (% of ideal)", rangemode="tozero")
    return finish(figure, height=280)


def efficiency_alt(curves: Curves) -> str:
    """Return a text alternative: the efficiency with the most workers."""
    parts = []
    for title, curve in curves.items():
        most = max(curve)
        parts.append(f"{title} {percent(curve[most] / most)} with {most} workers")
    return f"Efficiency, speed-up divided by workers: {'; '.join(parts)}."


def _curves_figure(curves: Curves, value: str) -> tuple[go.Figure, int]:
    """Return a figure with a line per version, and the largest number of workers."""
    figure = go.Figure()
    for title, curve in curves.items():
        counts = sorted(curve)
        colour = next((VERSION_COLOURS[key] for key, name in VERSIONS.items() if title.startswith(f"{name},")), MUTED)
        figure.add_scatter(
            x=counts,
            y=[curve[count] for count in counts],
            name=title,
            mode="lines+markers",
            line={"color": colour},
            marker={"size": 9, "symbol": "circle" if "threads" in title else "square"},
            hovertemplate=f"%{{x}} workers: {value}<extra>{title}</extra>",
        )
    return figure, max((count for curve in curves.values() for count in curve), default=1)


def _ticks(end: int, *more: int) -> list[int]:
    return sorted({*(2**power for power in range(end.bit_length())), *more, 1})
