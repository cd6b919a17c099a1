"""Timelines with windows of a visitor's own choice, remembered in the visitor's session alone."""

from typing import TYPE_CHECKING

import streamlit as st

from aec.audio import decode
from aec.prediction.timeline import Segment, Windowing, predict_timeline
from aec.ui.prediction.answers import Answer

if TYPE_CHECKING:
    from aec.models.model import Model

_STORE = "timelines"
# Of ten minutes in the finest windows, one takes some megabytes.
_KEPT = 8
_LISTENING = "Listening to the windows"


def remembered_timeline(answer: Answer, model: "Model", windowing: Windowing) -> tuple[Segment, ...]:
    """Return the timeline of a clip; what this session has asked for lately is not computed again.

    Parameters
    ----------
    answer : Answer
        Its key names the clip and the model.
    model : Model
    windowing : Windowing

    Raises
    ------
    AecError
        As `aec.audio.decode` and `aec.models.model.Model.predict`.
    """
    store: dict[tuple[str, Windowing], tuple[Segment, ...]] = st.session_state.setdefault(_STORE, {})
    key = (answer.key, windowing)
    if key not in store:
        store[key] = _computed(answer, model, windowing)
        for oldest in list(store)[: max(0, len(store) - _KEPT)]:
            del store[oldest]
    return store[key]


def _computed(answer: Answer, model: "Model", windowing: Windowing) -> tuple[Segment, ...]:
    bar = st.progress(0.0, text=_LISTENING)

    def tell(done: int, of: int) -> None:
        bar.progress(done / of, text=_LISTENING)

    try:
        return predict_timeline(model, decode(answer.clip.content, name=answer.clip.name), windowing, tell)
    finally:
        bar.empty()
