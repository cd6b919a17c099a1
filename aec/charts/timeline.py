"""Chart of a timeline: waveform over coloured spans, probabilities below."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aec.charts.clip import waveform_traces
from aec.charts.style import EMOTION_SYMBOLS, MUTED, colour_of, finish
from aec.charts.words import percent, titled

if TYPE_CHECKING:
    from aec.prediction.timeline import EmotionSpan, Segment

_HEIGHT_PX = 480
# A line that never gets this high is drawn thin.
_NOTEWORTHY = 0.25
# More windows than that stand too close for marks.
_MARKED = 150
# The emotions' names are on a strip above the waveform, in parts of the waveform's amplitude.
_STRIP_FROM, _STRIP_TO = 1.1, 1.6
_TINT = 0.3
# Weights of red, green and blue; and the luminance with equal WCAG 2 contrast to black and to white.
_LUMINANCE = (0.2126, 0.7152, 0.0722)
_EQUAL_CONTRAST = 0.179
_CLEAR = "rgba(0,0,0,0)"
# Longer texts are tedious in a screen reader.
_LISTED = 8


def timeline_chart(
    segments: Sequence["Segment"],
    spans: Sequence["EmotionSpan"],
    envelope: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> go.Figure:
    """Return two rows over one time axis.

    Above, the waveform over a background in the colour of each span's emotion, with its name; unsure spans are
    hatched, pauses have no colour. Below, one line per emotion over the middles of the windows, with gaps in pauses.

    Parameters
    ----------
    segments : sequence of Segment [shape=(n,)]
        At least one; times in seconds.
    spans : sequence of EmotionSpan
        The same windows joined.
    envelope : tuple of np.ndarray [shape=(m,)]
        The waveform's envelope: times in seconds, lowest and highest sample (full scale at 1).
    """
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.36, 0.64], vertical_spacing=0.06)
    times, lowest, highest = envelope
    reach = max(float(np.max(highest, initial=0)), -float(np.min(lowest, initial=0))) or 1.0
    # The bars behind it have the hover text.
    wave = waveform_traces(times, lowest, highest, MUTED, hoverinfo="skip")
    for trace in (_background(spans, reach), _strip(spans, reach), *wave):
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
    # A name that does not fit into its span is left out instead of made too small.
    return finish(figure, height=_HEIGHT_PX, barmode="overlay", uniformtext={"minsize": 11, "mode": "hide"})


def timeline_alt(spans: Sequence["EmotionSpan"]) -> str:
    """Return the chart as text: the likeliest emotion of each span."""
    if len(spans) == 1 and not spans[0].unsure:
        return f"{titled(spans[0].title)} is the likeliest emotion in every window."
    listed = [f"{each.title} from {each.start_s:.1f} to {each.end_s:.1f} s" for each in spans[:_LISTED]]
    rest = len(spans) - len(listed)
    more = f", and {rest} more span{'s' if rest > 1 else ''}" if rest else ""
    return f"Likeliest emotion over time: {', then '.join(listed)}{more}."


def _background(spans: Sequence["EmotionSpan"], reach: float) -> go.Bar:
    marker = {
        "color": [_CLEAR if each.emotion is None else _tinted(colour_of(each.emotion)) for each in spans],
        "pattern": {"shape": ["/" if each.unsure else "" for each in spans], "fillmode": "replace"},
        "line": {"width": 0},
    }
    return _bars(spans, -reach, reach, marker=marker)


def _strip(spans: Sequence["EmotionSpan"], reach: float) -> go.Bar:
    colours = [None if each.emotion is None else colour_of(each.emotion) for each in spans]
    return _bars(
        spans,
        _STRIP_FROM * reach,
        _STRIP_TO * reach,
        marker={"color": [colour or _CLEAR for colour in colours], "line": {"width": 0}},
        text=[f"{titled(each.emotion or each.title)}{'?' if each.unsure else ''}" for each in spans],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        # A pause has the colour of the page, which may be white or near-black.
        insidetextfont={"color": [MUTED if colour is None else _ink(colour) for colour in colours]},
    )


def _bars(spans: Sequence["EmotionSpan"], low: float, high: float, **style: object) -> go.Bar:
    confidences = ["" if each.confidence is None else f", {percent(each.confidence)}" for each in spans]
    return go.Bar(
        x=[(each.start_s + each.end_s) / 2 for each in spans],
        width=[each.end_s - each.start_s for each in spans],
        base=[low] * len(spans),
        y=[high - low] * len(spans),
        customdata=[
            f"{titled(each.title)}{confidence}, {each.start_s:.1f} to {each.end_s:.1f} s"
            for each, confidence in zip(spans, confidences, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
        **style,
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
    return "rgba({},{},{},{})".format(*bytes.fromhex(colour[1:]), _TINT)


def _ink(colour: str) -> str:
    """Return black or white, whichever contrasts more with a colour."""
    weighted = zip(_LUMINANCE, bytes.fromhex(colour[1:]), strict=True)
    luminance = sum(weight * (channel / 255) ** 2.2 for weight, channel in weighted)
    return "#000000" if luminance > _EQUAL_CONTRAST else "#FFFFFF"
