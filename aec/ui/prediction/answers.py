"""What the model says about a visitor's clips, remembered in the visitor's session alone."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aec.audio import SoundFacts, decode
from aec.errors import AecError
from aec.ui.envelope import envelope
from aec.ui.prediction.clips import MAX_FILES, Clip, explained
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.models.model import Model
    from aec.prediction.predictor import Prediction

# In the session, not in a cache: caches outlive their visitor, and a voice is nobody else's business.
_STORE = "answers"
_SEEN = "answers-seen"
_KEPT = 2 * MAX_FILES


@dataclass(frozen=True)
class Heard:
    """A clip that could be predicted.

    Parameters
    ----------
    facts : SoundFacts
        What the file is.
    prediction : Prediction
    wave : tuple of np.ndarray
        The waveform's envelope, as `aec.ui.envelope.envelope` gives it.
    """

    facts: SoundFacts
    prediction: "Prediction"
    wave: tuple[np.ndarray, np.ndarray, np.ndarray] = field(compare=False)


@dataclass(frozen=True)
class Answer:
    """What came of a clip.

    Parameters
    ----------
    key : str
        Digest of the clip's name and content and of the model.
    clip : Clip
    outcome : Heard or AecError
    """

    key: str
    clip: Clip
    outcome: Heard | AecError


def answer_all(model: "Model", clips: Sequence[Clip]) -> list[Answer]:
    """Return an answer per clip; those that this session has heard already are not computed again.

    Parameters
    ----------
    model : Model
    clips : sequence of Clip
    """
    store: dict[str, Heard | AecError] = st.session_state.setdefault(_STORE, {})
    keyed = [(_key(model, clip), clip) for clip in clips]
    todo = [(key, clip) for key, clip in dict(keyed).items() if key not in store]
    if todo:
        _hear(model, todo, store)
    answers = [Answer(key, clip, store[key]) for key, clip in keyed]
    _forget_oldest(store)
    return answers


def heard(answers: Sequence[Answer]) -> list[tuple[Answer, Heard]]:
    """Return the answers that could be given, the surest first."""
    found = [(answer, answer.outcome) for answer in answers if isinstance(answer.outcome, Heard)]
    return sorted(found, key=lambda pair: -pair[1].prediction.confidence)


def failed(answers: Sequence[Answer]) -> list[tuple[Answer, AecError]]:
    """Return the clips that could not be predicted, with the reason."""
    return [(answer, answer.outcome) for answer in answers if isinstance(answer.outcome, AecError)]


def newest(answers: Sequence[Answer]) -> str | None:
    """Return the key of the clip that was added since this session asked before; None unless it is a single one."""
    seen: set[str] = st.session_state.get(_SEEN, set())
    fresh = {answer.key for answer in answers} - seen
    st.session_state[_SEEN] = {answer.key for answer in answers}
    return fresh.pop() if len(fresh) == 1 else None


def _hear(model: "Model", todo: Sequence[tuple[str, Clip]], store: dict[str, Heard | AecError]) -> None:
    bar = st.progress(0.0, text="Listening")
    for number, (key, clip) in enumerate(todo):
        bar.progress(number / len(todo), text=f"Listening to {plain(clip.name)} ({number + 1} of {len(todo)})")
        store[key] = _outcome(model, clip)
    bar.empty()


def _outcome(model: "Model", clip: Clip) -> Heard | AecError:
    from aec.prediction.predictor import predict

    if clip.problem is not None:
        return clip.problem
    try:
        sound = decode(clip.content, name=clip.name, measure=True)
        return Heard(sound.facts, predict(model, sound), envelope(sound.waveform, sound.sampling_rate))
    except AecError as error:
        return explained(clip, error)


def _key(model: "Model", clip: Clip) -> str:
    # The card holds the graph's digest, and what is called unsure.
    digest = hashlib.blake2b(f"{model.card.to_json()}\n{clip.name}\n".encode(errors="replace"), digest_size=16)
    digest.update(clip.content)
    return digest.hexdigest()


def _forget_oldest(store: dict[str, Heard | AecError]) -> None:
    for key in list(store)[: max(0, len(store) - _KEPT)]:
        del store[key]
