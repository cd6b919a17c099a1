"""The tab that shows a long clip over time, with windows of one's own choice."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

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
    window_limits,
    windowing_for,
)
from aec.ui.figures import show_figure
from aec.ui.messages import show_error
from aec.ui.prediction.answers import Answer, Heard
from aec.ui.prediction.timelines import remembered_timeline
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.features import FeatureSpec
    from aec.models.model import Model

_WINDOW = "timeline-window"
_HOP = "timeline-hop"
_GRID_S = 0.25


# A fragment: other windows make another chart and other tables, and change nothing else on the page.
@st.fragment
def show_timeline(answer: Answer, heard: Heard, card: ModelCard, model: "Model | None") -> None:
    """Show the controls, the chart, and the stretches as a table.

    Parameters
    ----------
    answer : Answer
    heard : Heard
        Its outcome, of a clip that has a timeline.
    card : ModelCard
        Of the model that gave it.
    model : Model or None
        That model; without it the windows stay as they were.
    """
    segments = _segments(answer, heard, card, model)
    stretches = emotion_spans(segments, card.unsure_below)
    st.caption(plain(" ".join(_explained(heard, stretches, card))))
    show_figure(
        timeline_chart(segments, stretches, heard.wave),
        timeline_alt(stretches),
        key=f"timeline-{answer.key}",
        table=_window_table(segments),
    )
    st.dataframe(
        _stretch_table(stretches),
        hide_index=True,
        column_config={
            "From (s)": st.column_config.NumberColumn(format="%.1f"),
            "To (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        alt=timeline_alt(stretches),
        key=f"stretches-{answer.key}",
    )


def _segments(answer: Answer, heard: Heard, card: ModelCard, model: "Model | None") -> tuple[Segment, ...]:
    """Show the controls and return the windows that they ask for."""
    spec = card.features[0]
    if model is None:
        st.caption("The model that gave this answer is no longer there, so the windows cannot be changed.")
        return heard.prediction.segments
    try:
        chosen = _choice(spec, answer.key)
        if chosen != windowing_for(spec):
            return remembered_timeline(answer, model, chosen)
    except AecError as error:
        show_error(error, title="These windows cannot be shown")
    return heard.prediction.segments


def _choice(spec: "FeatureSpec", key: str) -> Windowing:
    """Show the two controls and return what they say; raises UsageError."""
    usual = windowing_for(spec)
    left, right = st.columns(2, gap="large")
    with left:
        window_s = _length(
            "Window length (s)",
            _options(window_limits(spec), usual.window_s),
            st.session_state.get(_WINDOW, usual.window_s),
            (_WINDOW, key),
            "Every window is judged by itself. Short windows show quick changes; long ones are judged more surely.",
        )
    with right:
        hop_s = st.session_state.get(_HOP, usual.hop_s)
        hop_s = _length(
            "Step between windows (s)",
            _options(hop_limits(window_s), usual.hop_s),
            hop_s if hop_s <= window_s else window_s / 2,
            (_HOP, key),
            "From the beginning of one window to that of the next. Short steps draw finer lines and take longer.",
        )
    return windowing_for(spec, window_s, hop_s)


def _length(label: str, options: Sequence[float], first: float, name: tuple[str, str], about: str) -> float:
    """Show a control that begins at the option next to `first`; what it is set to is kept for the next clip."""
    key = "-".join(name)
    return st.select_slider(
        label,
        options,
        value=min(options, key=lambda option: abs(option - first)),
        format_func=lambda seconds: f"{seconds:.4g}",
        help=about,
        disabled=len(options) == 1,
        key=key,
        on_change=_remember,
        args=(name[0], key),
    )


def _remember(name: str, key: str) -> None:
    st.session_state[name] = st.session_state[key]


def _options(limits: tuple[float, float], usual: float) -> list[float]:
    shortest, longest = limits
    grid = [_GRID_S * step for step in range(math.ceil(shortest / _GRID_S), math.floor(longest / _GRID_S) + 1)]
    return sorted({*grid, *([usual] if shortest <= usual <= longest else [])})


def _explained(heard: Heard, stretches: Sequence[EmotionSpan], card: ModelCard) -> Iterator[str]:
    yield "Each window is judged by itself and averaged a little with its neighbours."
    if any(stretch.unsure for stretch in stretches):
        yield f"Hatched: unsure, below {percent(card.unsure_below)}."
    if any(stretch.emotion is None for stretch in stretches):
        yield f"Pauses, {PAUSE_DB:.0f} dB below the loudest window, are not judged."
    yield from (note.text for note in heard.prediction.notes if note.kind == "windowed")


def _stretch_table(stretches: Sequence[EmotionSpan]) -> pd.DataFrame:
    rows = [
        {
            "From (s)": stretch.start_s,
            "To (s)": stretch.end_s,
            "Emotion": titled(stretch.title),
            # A pause has none, and an empty number would be shown as the word "None".
            "Confidence": "" if stretch.confidence is None else percent(stretch.confidence),
        }
        for stretch in stretches
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
