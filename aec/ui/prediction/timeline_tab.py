"""Tab with the timeline of a long clip, with adjustable windows."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from aec.audio import decode
from aec.charts.timeline import timeline_alt, timeline_chart
from aec.charts.words import percent, titled
from aec.errors import AecError
from aec.models.card import ModelCard
from aec.prediction.timeline import (
    PAUSE_DB,
    EmotionSpan,
    Segment,
    Windowing,
    emotion_spans,
    hop_limits,
    predict_timeline,
    window_limits,
    windowing_for,
)
from aec.ui.figures import show_figure
from aec.ui.messages import show_error
from aec.ui.prediction.clip_predictions import PredictedClip
from aec.ui.session_store import SessionStore
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.features import FeatureSpec
    from aec.models.model import Model

_WINDOW = "timeline-window"
_HOP = "timeline-hop"
_GRID_S = 0.25
_PROGRESS = "Predicting the windows"
# One timeline of ten minutes in the finest windows takes some megabytes.
_TIMELINES: SessionStore[tuple[Segment, ...]] = SessionStore("timelines", max_entries=8)


# A fragment: other windows change only this chart and its tables.
@st.fragment
def show_timeline(predicted: PredictedClip, card: ModelCard, model: "Model | None") -> None:
    """Show the controls, the chart, and the spans as a table.

    Parameters
    ----------
    predicted : PredictedClip
        With a timeline.
    card : ModelCard
        Of the model that predicted.
    model : Model or None
        That model; without it the windows cannot be changed.
    """
    segments = _segments(predicted, card, model)
    spans = emotion_spans(segments, card.unsure_below)
    st.caption(plain(" ".join(_explanation(predicted, spans, card))))
    show_figure(
        timeline_chart(segments, spans, predicted.envelope),
        timeline_alt(spans),
        key=f"timeline-{predicted.key}",
        table=_window_table(segments),
    )
    st.dataframe(
        _span_table(spans),
        hide_index=True,
        column_config={
            "From (s)": st.column_config.NumberColumn(format="%.1f"),
            "To (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        alt=timeline_alt(spans),
        key=f"spans-{predicted.key}",
    )


def _segments(predicted: PredictedClip, card: ModelCard, model: "Model | None") -> tuple[Segment, ...]:
    """Show the controls and return the timeline with the chosen windows."""
    spec = card.features[0]
    if model is None:
        st.caption("The model of this prediction no longer exists, so the windows cannot be changed.")
        return predicted.prediction.segments
    try:
        chosen = _choice(spec, predicted.key)
        if chosen != windowing_for(spec):
            return _timeline(predicted, model, chosen)
    except AecError as error:
        show_error(error, title="These windows cannot be shown")
    return predicted.prediction.segments


def _timeline(predicted: PredictedClip, model: "Model", windowing: Windowing) -> tuple[Segment, ...]:
    """Return the timeline, computed once per session for each clip and windowing."""
    key = (predicted.key, windowing)
    if (known := _TIMELINES.get(key)) is not None:
        return known
    bar = st.progress(0.0, text=_PROGRESS)
    try:
        segments = predict_timeline(
            model,
            decode(predicted.clip.content, name=predicted.clip.name),
            windowing,
            lambda done, total: bar.progress(done / total, text=_PROGRESS),
        )
    finally:
        bar.empty()
    _TIMELINES.put(key, segments)
    return segments


def _choice(spec: "FeatureSpec", key: str) -> Windowing:
    """Show the two controls and return the chosen windowing; raises UsageError."""
    usual = windowing_for(spec)
    left, right = st.columns(2, gap="large")
    with left:
        window_s = _length(
            "Window length (s)",
            _options(window_limits(spec), usual.window_s),
            st.session_state.get(_WINDOW, usual.window_s),
            (_WINDOW, key),
            "Every window is predicted separately. Short windows show quick changes; long ones "
            "are predicted more surely.",
        )
    with right:
        hop_s = st.session_state.get(_HOP, usual.hop_s)
        hop_s = _length(
            "Step between windows (s)",
            _options(hop_limits(window_s), usual.hop_s),
            hop_s if hop_s <= window_s else window_s / 2,
            (_HOP, key),
            "From the start of one window to that of the next. Short steps give finer lines and take longer.",
        )
    return windowing_for(spec, window_s, hop_s)


def _length(label: str, options: Sequence[float], first: float, name: tuple[str, str], about: str) -> float:
    """Show a slider that starts next to `first`; its value is kept for other clips."""
    key = "-".join(name)
    return st.select_slider(
        label,
        options,
        value=min(options, key=lambda option: abs(option - first)),
        format_func=lambda seconds: f"{seconds:.4g}",
        help=about,
        disabled=len(options) == 1,
        key=key,
        on_change=_keep_value,
        args=(name[0], key),
    )


def _keep_value(name: str, key: str) -> None:
    st.session_state[name] = st.session_state[key]


def _options(limits: tuple[float, float], usual: float) -> list[float]:
    shortest, longest = limits
    grid = [_GRID_S * step for step in range(math.ceil(shortest / _GRID_S), math.floor(longest / _GRID_S) + 1)]
    return sorted({*grid, *([usual] if shortest <= usual <= longest else [])})


def _explanation(predicted: PredictedClip, spans: Sequence[EmotionSpan], card: ModelCard) -> Iterator[str]:
    yield "Each window is predicted separately and averaged a little with its neighbours."
    if any(span.unsure for span in spans):
        yield f"Hatched: unsure, below {percent(card.unsure_below)}."
    if any(span.emotion is None for span in spans):
        yield f"Pauses, {PAUSE_DB:.0f} dB below the loudest window, have no prediction."
    yield from (note.text for note in predicted.prediction.notes if note.kind == "windowed")


def _span_table(spans: Sequence[EmotionSpan]) -> pd.DataFrame:
    rows = [
        {
            "From (s)": span.start_s,
            "To (s)": span.end_s,
            "Emotion": titled(span.title),
            # Text, because an empty number would be shown as "None".
            "Confidence": "" if span.confidence is None else percent(span.confidence),
        }
        for span in spans
    ]
    return pd.DataFrame(rows)


def _window_table(segments: Sequence[Segment]) -> pd.DataFrame:
    rows = [
        {
            "From (s)": segment.start_s,
            "To (s)": segment.end_s,
            "Likeliest": titled(segment.emotion or "pause"),
            **{f"{titled(emotion)} (%)": round(100 * p, 1) for emotion, p in segment.probabilities.items()},
        }
        for segment in segments
    ]
    return pd.DataFrame(rows)
