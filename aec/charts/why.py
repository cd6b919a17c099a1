"""Chart of an occlusion over the clip's spectrogram."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from aec.charts.style import finish
from aec.charts.words import percent

if TYPE_CHECKING:
    from aec.prediction.occlusion import Occlusion

# Changes below one percentage point are ignored.
NEGLIGIBLE = 0.01
# Of the largest change: parts with less have no marker.
_MARKED = 0.3
# Least end of the colour scale: tiny changes must not look large.
_MIN_SCALE = 0.02
_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000, 16000)
# Fixed, so that it is the same in the light and the dark theme; grey, because colours mean changes here.
_LOUDNESS = [[0.0, "#1B1E23"], [1.0, "#D9DCE0"]]
_FALLS, _RISES = "#E69F00", "#56B4E9"
# The same two, transparent where nothing changes, so that the spectrogram is visible.
_CHANGE = [
    [0.0, "rgba(86,180,233,0.75)"],
    [0.5, "rgba(86,180,233,0)"],
    [0.5, "rgba(230,159,0,0)"],
    [1.0, "rgba(230,159,0,0.75)"],
]


def occlusion_chart(found: "Occlusion", decibels: np.ndarray, centres_hz: np.ndarray) -> go.Figure:
    """Return the spectrogram in grey, each patch coloured by its drop.

    Patches without which the probability falls are orange, with a triangle that points down; those without which it
    rises are blue, with a triangle that points up.

    Parameters
    ----------
    found : Occlusion
    decibels : np.ndarray [shape=(bands, columns)]
        Of the explained excerpt, below the loudest cell: 0 and less.
    centres_hz : np.ndarray [shape=(bands,)]
        Of the bands.
    """
    bands = len(centres_hz)
    edges = _places(found.edges_hz, centres_hz)
    points = 100 * found.drops.T
    scale = 100 * max(float(np.abs(found.drops).max(initial=0)), _MIN_SCALE)
    figure = go.Figure([_spectrogram(found, decibels), _changes(found, edges, points, scale)])
    least = 100 * max(NEGLIGIBLE, _MARKED * float(np.abs(found.drops).max(initial=0)))
    for sign, name, symbol, colour in (
        (1, f"Without it, {found.emotion} falls", "triangle-down", _FALLS),
        (-1, f"Without it, {found.emotion} rises", "triangle-up", _RISES),
    ):
        figure.add_trace(_marks(found, edges, sign * points >= least, name, symbol, colour))
    ticks = [hz for hz in _TICKS_HZ if hz <= centres_hz[-1]]
    figure.update_xaxes(title="Time (s)", showgrid=False, range=[found.start_s, found.end_s])
    figure.update_yaxes(
        title="Frequency (Hz, mel scale)",
        showgrid=False,
        range=[-0.5, bands - 0.5],
        tickvals=_places(np.array(ticks), centres_hz).tolist(),
        ticktext=[f"{hz:,}" for hz in ticks],
    )
    return finish(figure, height=380)


def occlusion_alt(found: "Occlusion") -> str:
    """Return the chart as text: the patches with the largest fall and rise."""
    shown = f"the probability of {found.emotion}, {percent(found.probability)},"
    most, least = float(found.drops.max()), float(found.drops.min())
    findings = []
    if most >= NEGLIGIBLE:
        findings.append(
            f"without {_part(found, int(found.drops.argmax()))} {shown} falls the most, by {_points(most)}"
        )
    if -least >= NEGLIGIBLE:
        subject = "it" if findings else shown
        findings.append(
            f"without {_part(found, int(found.drops.argmin()))} {subject} rises the most, by {_points(-least)}"
        )
    if not findings:
        return f"No single part decides: without any one of them {shown} changes by less than a percentage point."
    return f"What mattered: {'; '.join(findings)}."


def _spectrogram(found: "Occlusion", decibels: np.ndarray) -> go.Heatmap:
    columns = max(decibels.shape[1], 1)
    step = (found.end_s - found.start_s) / columns
    return go.Heatmap(
        z=np.round(decibels).astype(np.int8),
        x0=found.start_s + step / 2,
        dx=step,
        zmin=-80,
        zmax=0,
        colorscale=_LOUDNESS,
        showscale=False,
        hoverinfo="skip",
    )


def _changes(found: "Occlusion", edges: np.ndarray, points: np.ndarray, scale: float) -> go.Heatmap:
    words = [[_cell_words(found, time, band) for time in range(points.shape[1])] for band in range(len(points))]
    return go.Heatmap(
        z=np.round(points, 2),
        x=np.round(found.edges_s, 4),
        y=np.round(edges, 3),
        zmin=-scale,
        zmax=scale,
        colorscale=_CHANGE,
        colorbar={
            "title": {
                "text": f"Without this part the<br>probability of {found.emotion} falls by",
                "side": "right",
            },
            "tickvals": [-scale, 0, scale],
            "ticktext": [f"−{_points(scale / 100)}", "0", _points(scale / 100)],
            "thickness": 12,
            "xpad": 4,
            "outlinewidth": 1,
        },
        customdata=words,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _marks(
    found: "Occlusion", edges: np.ndarray, marked: np.ndarray, name: str, symbol: str, colour: str
) -> go.Scatter:
    bands, times = np.nonzero(marked)
    return go.Scatter(
        # The legend shows both entries even where nothing is marked.
        x=((found.edges_s[times] + found.edges_s[times + 1]) / 2).round(4) if len(times) else [None],
        y=((edges[bands] + edges[bands + 1]) / 2).round(3) if len(bands) else [None],
        mode="markers",
        name=name,
        marker={"symbol": symbol, "size": 10, "color": colour, "line": {"color": "#000000", "width": 1}},
        hoverinfo="skip",
    )


def _places(hz: np.ndarray, centres_hz: np.ndarray) -> np.ndarray:
    """Return the positions of frequencies on an axis with band k at k."""
    places = np.interp(hz, centres_hz, np.arange(len(centres_hz)))
    return np.where(hz <= centres_hz[0], -0.5, np.where(hz >= centres_hz[-1], len(centres_hz) - 0.5, places))


def _cell_words(found: "Occlusion", time: int, band: int) -> str:
    without = found.probability - float(found.drops[time, band])
    part = _part(found, time * found.drops.shape[1] + band)
    return f"Without {part}<br>{found.emotion} has {percent(without, 1)} instead of {percent(found.probability, 1)}"


def _part(found: "Occlusion", cell: int) -> str:
    time, band = divmod(cell, found.drops.shape[1])
    when = f"{found.edges_s[time]:.2f}–{found.edges_s[time + 1]:.2f} s"
    low, high = (int(round(hz, -2 if hz >= 1000 else -1)) for hz in found.edges_hz[band : band + 2].tolist())
    return f"{when} at {low:,}–{high:,} Hz" if found.by_band else when


def _points(share: float) -> str:
    number = f"{100 * share:.0f}" if share >= 0.1 else f"{100 * share:.1f}"
    return f"{number} point{'' if number in {'1', '1.0'} else 's'}"
