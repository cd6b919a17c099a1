"""Predictions for a visitor's clips, remembered in the visitor's session."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from aec.audio import SoundFacts, decode
from aec.errors import AecError
from aec.ui.envelope import Envelope, envelope
from aec.ui.prediction.clip_inputs import MAX_FILES, ClipInput, explained
from aec.ui.session_store import SessionStore
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.models.model import Model
    from aec.prediction.predictor import Prediction

_SEEN = "predictions-seen"


@dataclass(frozen=True)
class PredictedClip:
    """A clip with its prediction.

    Parameters
    ----------
    key : str
        Digest of the clip's name and content and of the model.
    clip : ClipInput
    facts : SoundFacts
    prediction : Prediction
    envelope : tuple of np.ndarray
        Of the waveform, from `aec.ui.envelope.envelope`.
    """

    key: str
    clip: ClipInput
    facts: SoundFacts
    prediction: "Prediction"
    envelope: Envelope = field(compare=False)


@dataclass(frozen=True)
class FailedClip:
    """A clip that could not be predicted, with the error; `key` as in `PredictedClip`."""

    key: str
    clip: ClipInput
    error: AecError


ClipOutcome = PredictedClip | FailedClip
# Without the clips' content, which the widgets hold as long as it is needed.
Found = tuple[SoundFacts, "Prediction", Envelope] | AecError
_FOUND: SessionStore[Found] = SessionStore("predictions", max_entries=2 * MAX_FILES)


def predict_clips(model: "Model", clips: Sequence[ClipInput]) -> list[ClipOutcome]:
    """Return the outcome of each clip, computed once per session.

    Parameters
    ----------
    model : Model
    clips : sequence of ClipInput
    """
    keyed = [(_key(model, clip), clip) for clip in clips]
    known = {key: found for key, _ in keyed if (found := _FOUND.get(key)) is not None}
    missing = {key: clip for key, clip in keyed if key not in known}
    if missing:
        bar = st.progress(0.0, text="Predicting")
        for number, (key, clip) in enumerate(missing.items()):
            bar.progress(
                number / len(missing), text=f"Predicting {plain(clip.name)} ({number + 1} of {len(missing)})"
            )
            known[key] = _predict(model, clip)
            _FOUND.put(key, known[key])
        bar.empty()
    return [_outcome(key, clip, known[key]) for key, clip in keyed]


def added_since_last_run(outcomes: Sequence[ClipOutcome]) -> str | None:
    """Return the key of the clip added since the last run; None unless it is one."""
    seen: set[str] = st.session_state.get(_SEEN, set())
    added = {outcome.key for outcome in outcomes} - seen
    st.session_state[_SEEN] = {outcome.key for outcome in outcomes}
    return added.pop() if len(added) == 1 else None


def _predict(model: "Model", clip: ClipInput) -> Found:
    from aec.prediction.predictor import predict

    if clip.problem is not None:
        return clip.problem
    try:
        sound = decode(clip.content, name=clip.name, measure=True)
        return sound.facts, predict(model, sound), envelope(sound.waveform, sound.sampling_rate)
    except AecError as error:
        return explained(clip, error)


def _outcome(key: str, clip: ClipInput, found: Found) -> ClipOutcome:
    return FailedClip(key, clip, found) if isinstance(found, AecError) else PredictedClip(key, clip, *found)


def _key(model: "Model", clip: ClipInput) -> str:
    # The card holds the graph's digest and the threshold of unsure.
    digest = hashlib.blake2b(f"{model.card.to_json()}\n{clip.name}\n".encode(errors="replace"), digest_size=16)
    digest.update(clip.content)
    return digest.hexdigest()
