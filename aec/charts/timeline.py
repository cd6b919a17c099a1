"""The figure of a clip over time: its waveform with coloured stretches behind it, the probabilities under it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aec.charts.style import EMOTION_SYMBOLS, MUTED, colour_of, finish
from aec.charts.words import percent, titled

if TYPE_CHECKING:
    from aec.prediction.timeline import EmotionSpan, Segment

_HEIGHT_PX = 480
# A line that never gets this high is drawn thin: it tells nothing.
_NOTEWORTHY = 0.25
# More windows than that stand too close for marks.
_MARKED = 150
# The words stand on a strip above the waveform, in parts of the waveform's reach.
_STRIP_FROM, _STRIP_TO = 1.1, 1.6
_TINT = 0.3
# Of red, green and blue; and where the contrasts of WCAG 2 with black and with white are equal.
_LUMINANCE = (0.2126, 0.7152, 0.0722)
_AS_FAR_FROM_BLACK_AS_FROM_WHITE = 0.179
_CLEAR = "rgba(0,0,0,0)"
# More than that nobody wants to have read out.
_LISTED = 8


def timeline_chart(
    segments: Sequence["Segment"],
    stretches: Sequence["EmotionSpan"],
    wave: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> go.Figure:
    """Return two rows over one time axis.

    Above, the waveform on a ground in the colour of each stretch's emotion, with its word; unsure stretches are
    hatched, pauses have no colour. Below, one line per emotion over the middles of the windows, with gaps in pauses.

    Parameters
    ----------
    segments : sequence of Segment [shape=(n,)]
        At least one; times in seconds.
    stretches : sequence of EmotionSpan
        The same windows joined.
    wave : tuple of np.ndarray [shape=(m,)]
        The waveform's envelope: times in seconds, lowest and highest sample (full scale at 1).
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.36, 0.64], vertical_spacing=0.06)
    times, lowest, highest = wave
    reach = max(float(np.max(highest, initial=0)), -float(np.min(lowest, initial=0))) or 1.0
    for trace in (_ground(stretches, reach), _strip(stretches, reach), *_waveform(times, lowest, highest)):
        figure.add_trace(trace, row=1, col=1)
    for emotion in segments[0].probabilities:
        figure.add_trace(_line(emotion, segments), row=2, col=1)
    figure.update_xaxes(range=[0, segments[-1].end_s], showgrid=False)
    figure.update_xaxes(title="Time (s)", row=2, col=1)
    figure.update_yaxes(
        title="Amplitude (of 1)",
        range=[-reach, _STRIP_TO * reach],
        tickvals=[-reach, 0, reach],
        tickformat=".2g",
        showgrid=False,
        row=1,
        col=1,
    )
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%", title="Probability (%)", row=2, col=1)
    # A word that does not fit its stretch is left out instead of made too small to be read.
    return finish(figure, height=_HEIGHT_PX, barmode="overlay", uniformtext={"minsize": 11, "mode": "hide"})


def timeline_alt(stretches: Sequence["EmotionSpan"]) -> str:
    """Return the chart's finding: which emotion leads, and from when to when."""
    if len(stretches) == 1 and not stretches[0].unsure:
        return f"{titled(stretches[0].words)} is the likeliest emotion in every window."
    listed = [f"{each.title} from {each.start_s:.1f} to {each.end_s:.1f} s" for each in stretches[:_LISTED]]
    rest = len(stretches) - len(listed)
    more = f", and {rest} more stretch{'es' if rest > 1 else ''}" if rest else ""
    return f"Likeliest emotion over time: {', then '.join(listed)}{more}."


def _ground(stretches: Sequence["EmotionSpan"], reach: float) -> go.Bar:
    marker = {
        "color": [_CLEAR if each.emotion is None else _tinted(colour_of(each.emotion)) for each in stretches],
        "pattern": {"shape": ["/" if each.unsure else "" for each in stretches], "fillmode": "replace"},
        "line": {"width": 0},
    }
    return _bars(stretches, -reach, reach, marker=marker)


def _strip(stretches: Sequence["EmotionSpan"], reach: float) -> go.Bar:
    colours = [None if each.emotion is None else colour_of(each.emotion) for each in stretches]
    return _bars(
        stretches,
        _STRIP_FROM * reach,
        _STRIP_TO * reach,
        marker={"color": [colour or _CLEAR for colour in colours], "line": {"width": 0}},
        text=[f"{titled(each.emotion or each.title)}{'?' if each.unsure else ''}" for each in stretches],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        # A pause shows the page itself, which may be white or near-black.
        insidetextfont={"color": [MUTED if colour is None else _ink(colour) for colour in colours]},
    )


def _bars(stretches: Sequence["EmotionSpan"], low: float, high: float, **look: Any) -> go.Bar:
    shares = ["" if each.confidence is None else f", {percent(each.confidence)}" for each in stretches]
    return go.Bar(
        x=[(each.start_s + each.end_s) / 2 for each in stretches],
        width=[each.end_s - each.start_s for each in stretches],
        base=[low] * len(stretches),
        y=[high - low] * len(stretches),
        customdata=[
            f"{titled(each.title)}{share}, {each.start_s:.1f} to {each.end_s:.1f} s"
            for each, share in zip(stretches, shares, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
        **look,
    )


def _waveform(times: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> Iterator[go.Scatter]:
    for values, fill in ((lowest, None), (highest, "tonexty")):
        # The bars behind it answer the pointer.
        yield go.Scatter(
            x=times,
            y=values,
            mode="lines",
            line={"color": MUTED, "width": 1},
            fill=fill,
            fillcolor=MUTED,
            hoverinfo="skip",
            showlegend=False,
        )


def _line(emotion: str, segments: Sequence["Segment"]) -> go.Scatter:
    strong = max(segment.probabilities[emotion] for segment in segments) >= _NOTEWORTHY
    return go.Scatter(
        x=[(segment.start_s + segment.end_s) / 2 for segment in segments],
        y=[None if segment.pause else segment.probabilities[emotion] for segment in segments],
        name=titled(emotion),
        mode="lines+markers" if len(segments) <= _MARKED else "lines",
        line={"color": colour_of(emotion), "width": 3 if strong else 1},
        marker={"symbol": EMOTION_SYMBOLS.get(emotion, "circle"), "size": 9 if strong else 5},
        opacity=1.0 if strong else 0.6,
        hovertemplate="%{fullData.name}, %{x:.1f} s: %{y:.0%}<extra></extra>",
    )


def _tinted(colour: str) -> str:
    return f"rgba({','.join(map(str, _channels(colour)))},{_TINT})"


def _ink(colour: str) -> str:
    """Return black or white, whichever stands out more from a colour."""
    weighed = zip(_LUMINANCE, _channels(colour), strict=True)
    luminance = sum(weight * (channel / 255) ** 2.2 for weight, channel in weighed)
    return "#000000" if luminance > _AS_FAR_FROM_BLACK_AS_FROM_WHITE else "#FFFFFF"


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
