"""What mattered for an answer and how the voice sounds: computed on request, remembered in the session alone."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aec.audio import Sound, decode, resample
from aec.features import FeatureSpec
from aec.ui.prediction.answers import Answer, Heard
from aec.ui.spectrogram import band_centres_hz, mel_spectrogram

if TYPE_CHECKING:
    from aec.features.descriptors import Descriptors
    from aec.models.model import Model
    from aec.prediction.occlusion import Occlusion

# In the session, as the answers are: what comes of a voice is nobody else's business either.
_STORE = "whys"
_KEPT = 20
# A frame of the picture is 46 ms or more, as the described features' is.
_FRAME_S = 0.046
_FINE_RATE = 22_050


@dataclass(frozen=True, eq=False)
class Why:
    """What is shown about one answer.

    Parameters
    ----------
    occlusion : Occlusion
    decibels : np.ndarray [shape=(bands, columns), dtype=int8]
        Mel spectrogram of the explained stretch in dB below its loudest cell.
    centres_hz : np.ndarray [shape=(bands,)]
        Of its bands.
    descriptors : Descriptors
        Of the whole clip.
    """

    occlusion: "Occlusion"
    decibels: np.ndarray
    centres_hz: np.ndarray
    descriptors: "Descriptors"


def remembered(answer: Answer, start_s: float | None) -> Why | None:
    """Return what this session has computed for an answer and the start of a stretch, or None."""
    found: Why | None = _store().get((answer.key, start_s))
    return found


def compute(model: "Model", answer: Answer, heard: Heard, start_s: float | None) -> Why:
    """Explain an answer, and remember it.

    Parameters
    ----------
    model : Model
    answer : Answer
    heard : Heard
        Its outcome.
    start_s : float or None
        Where the explained stretch of a long clip begins; None for the loudest.

    Raises
    ------
    AecError
        As `aec.audio.decode` and `aec.prediction.occlusion.occlusion`.
    """
    from aec.features.descriptors import describe
    from aec.prediction.occlusion import compute_occlusion

    sound = decode(answer.clip.content, name=answer.clip.name)
    found = compute_occlusion(model, sound, heard.prediction.emotion, start_s=start_s)
    decibels, centres_hz = _picture(sound, found, model.card.features[0])
    store = _store()
    store[answer.key, start_s] = why = Why(found, decibels, centres_hz, describe(sound))
    for key in list(store)[: max(0, len(store) - _KEPT)]:
        del store[key]
    return why


def _store() -> dict[tuple[str, float | None], Why]:
    store: dict[tuple[str, float | None], Why] = st.session_state.setdefault(_STORE, {})
    return store


def _picture(sound: Sound, found: "Occlusion", heard_with: FeatureSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return the spectrogram of the explained stretch, no higher than the model hears, and its bands' centres."""
    rate = heard_with.sampling_rate
    part = sound.waveform[int(found.start_s * sound.sampling_rate) : int(found.end_s * sound.sampling_rate)]
    n_fft = 2 ** int(np.ceil(np.log2(_FRAME_S * rate)))
    # The model's own frames and bands may be too coarse, or too fine, to be looked at.
    spec = FeatureSpec(
        "logmel", rate, n_fft, n_fft // 4, 128 if rate >= _FINE_RATE else 64, max_frames=None
    )  # fmt: skip
    decibels = mel_spectrogram(resample(part, sound.sampling_rate, rate), spec)
    return np.round(decibels).astype(np.int8), band_centres_hz(spec)
