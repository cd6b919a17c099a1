"""Tab that explains a prediction: occlusion, and descriptors of the voice."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pandas as pd
import streamlit as st

from aec.audio import Sound, decode, resample
from aec.charts.voice import descriptor_alt, descriptor_chart, drawn, finding, measure_text
from aec.charts.why import occlusion_alt, occlusion_chart
from aec.charts.words import titled
from aec.errors import AecError
from aec.features import FeatureSpec
from aec.features.descriptor_distribution import Distribution, read_distribution
from aec.features.voice_measures import MEASURES
from aec.prediction.occlusion import max_excerpt_s
from aec.ui.figures import show_figure
from aec.ui.messages import show_error
from aec.ui.prediction.clip_predictions import PredictedClip
from aec.ui.session_store import SessionStore
from aec.ui.spectrogram import band_centres_hz, mel_spectrogram

if TYPE_CHECKING:
    from aec.features.descriptors import Descriptors
    from aec.models.model import Model
    from aec.prediction.occlusion import Occlusion

# A frame of the spectrogram has 46 ms or more, as those of the default features.
_FRAME_S = 0.046
_FINE_RATE = 22_050


@dataclass(frozen=True, eq=False)
class Explanation:
    """Explanation of one prediction.

    Parameters
    ----------
    occlusion : Occlusion
    decibels : np.ndarray [shape=(bands, columns), dtype=int8]
        Mel spectrogram of the explained excerpt in dB below its loudest cell.
    centres_hz : np.ndarray [shape=(bands,)]
        Of its bands.
    descriptors : Descriptors
        Of the whole clip.
    """

    occlusion: "Occlusion"
    decibels: np.ndarray
    centres_hz: np.ndarray
    descriptors: "Descriptors"


# By the prediction's key and the start of the excerpt.
_EXPLANATIONS: SessionStore[Explanation] = SessionStore("explanations", max_entries=20)


@st.fragment
def show_why(model: "Model", predicted: PredictedClip) -> None:
    """Show on request the occlusion of a prediction, and the voice's descriptors.

    Parameters
    ----------
    model : Model
        The model that predicted.
    predicted : PredictedClip
    """
    st.caption(
        "One part of the sound after the other is replaced by the clip's average, and the clip is predicted again: "
        "the more the probability falls, the more that part mattered."
    )
    spec = model.card.features[0]
    start_s = _chosen_start(predicted, max_excerpt_s(spec))
    explanation = _EXPLANATIONS.get((predicted.key, start_s)) or _on_request(model, predicted, start_s)
    if explanation is not None:
        _show_occlusion(explanation, predicted.key, spec)
        _show_descriptors(explanation, predicted.key, read_distribution(model.card.extra))


def _chosen_start(predicted: PredictedClip, longest_s: float) -> float | None:
    spare_s = predicted.prediction.duration_s - longest_s
    if spare_s <= 0:
        return None
    chosen: float | None = st.number_input(
        f"Explain {longest_s:.1f} s from (s)",
        min_value=0.0,
        max_value=spare_s,
        value=None,
        step=1.0,
        format="%.1f",
        placeholder="The loudest part",
        help="The clip is too long to be explained at once.",
        key=f"why-start-{predicted.key}",
    )
    return chosen


def _on_request(model: "Model", predicted: PredictedClip, start_s: float | None) -> Explanation | None:
    place = st.empty()
    if not place.button("Show what mattered", icon=":material/troubleshoot:", key=f"why-ask-{predicted.key}"):
        return None
    try:
        with place, st.spinner("Predicting the clip without each part"):
            explanation = _explain(model, predicted, start_s)
    except AecError as error:
        place.empty()
        show_error(error, "This prediction cannot be explained")
        return None
    place.empty()
    _EXPLANATIONS.put((predicted.key, start_s), explanation)
    return explanation


def _explain(model: "Model", predicted: PredictedClip, start_s: float | None) -> Explanation:
    """Compute an explanation; `start_s` None is the loudest excerpt."""
    from aec.features.descriptors import describe
    from aec.prediction.occlusion import compute_occlusion

    sound = decode(predicted.clip.content, name=predicted.clip.name)
    found = compute_occlusion(model, sound, predicted.prediction.emotion, start_s=start_s)
    decibels, centres_hz = _spectrogram(sound, found, model.card.features[0].sampling_rate)
    return Explanation(found, decibels, centres_hz, describe(sound))


def _spectrogram(sound: Sound, found: "Occlusion", rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the spectrogram of the excerpt at the model's rate, and its bands."""
    part = sound.waveform[int(found.start_s * sound.sampling_rate) : int(found.end_s * sound.sampling_rate)]
    n_fft = 2 ** int(np.ceil(np.log2(_FRAME_S * rate)))
    # The model's own frames and bands may be too coarse, or too fine, for a figure.
    n_mels = 128 if rate >= _FINE_RATE else 64
    spec = FeatureSpec("logmel", rate, n_fft, n_fft // 4, n_mels, max_frames=None)
    decibels = mel_spectrogram(resample(part, sound.sampling_rate, rate), spec)
    return np.round(decibels).astype(np.int8), band_centres_hz(spec)


def _show_occlusion(explanation: Explanation, key: str, spec: FeatureSpec) -> None:
    found = explanation.occlusion
    show_figure(
        occlusion_chart(found, explanation.decibels, explanation.centres_hz),
        occlusion_alt(found),
        key=f"why-{key}",
        table=_occlusion_table(found),
    )
    st.caption(" ".join([occlusion_alt(found), *_limits(found, spec)]))


def _limits(found: "Occlusion", spec: FeatureSpec) -> list[str]:
    """Return limits of the figure for this clip and this model, as sentences."""
    limits = []
    if not found.is_whole_clip:
        limits.append(
            f"Shown are {found.start_s:.1f} to {found.end_s:.1f} s, predicted separately; the prediction above "
            "is that for the whole clip."
        )
    if not found.by_band:
        limits.append("The model's coefficients are too few to tell frequencies apart, so only time is divided.")
    elif spec.kind == "mfcc":
        limits.append("The model uses a smooth outline of the spectrum, so the borders between bands are blurred.")
    return [*limits, "Properties that are constant throughout the clip do not show."]


def _occlusion_table(found: "Occlusion") -> pd.DataFrame:
    times, bands = np.indices(found.drops.shape).reshape(2, -1)
    falls = found.drops.ravel()
    table = pd.DataFrame(
        {
            "From (s)": found.edges_s[times].round(2),
            "To (s)": found.edges_s[times + 1].round(2),
            "From (Hz)": found.edges_hz[bands].round(0),
            "To (Hz)": found.edges_hz[bands + 1].round(0),
            f"{titled(found.emotion)} without it (%)": (100 * (found.probability - falls)).round(1),
            "Falls by (points)": (100 * falls).round(1),
        }
    )
    return table.iloc[np.argsort(-falls, kind="stable")]


def _show_descriptors(explanation: Explanation, key: str, usual: Distribution | None) -> None:
    values = msgspec.structs.asdict(explanation.descriptors)
    st.markdown("**How the voice sounds**")
    st.caption("The model does not use these measures. They describe the voice, and prove nothing about the speaker.")
    st.table(_values_table(values, usual), hide_index=True, border="horizontal", alt="Measures of the voice")
    if usual is None:
        st.caption("The model's card holds no distribution of these measures in its training data.")
        return
    st.caption(
        "The dashed line is this clip. Each box holds the middle half of the training clips of an emotion, with the "
        "median as a line; its whiskers leave out a tenth at either end."
    )
    show_figure(
        descriptor_chart(values, usual),
        descriptor_alt(values, usual),
        key=f"voice-{key}",
        table=_usual_table(values, usual),
    )


def _values_table(values: dict[str, float | None], usual: Distribution | None) -> pd.DataFrame:
    known = set() if usual is None else set(drawn(usual))
    rows = []
    for name, value in values.items():
        row = {"Measure": MEASURES[name].title, "This clip": titled(measure_text(name, value))}
        if usual is not None:
            row["Compared with the training data"] = (
                titled(finding(name, value, usual).partition(": ")[2]) if name in known else ""
            )
        rows.append({**row, "What it is": MEASURES[name].about})
    return pd.DataFrame(rows)


def _usual_table(values: dict[str, float | None], usual: Distribution) -> pd.DataFrame:
    rows = []
    for name in drawn(usual):
        factor = 100 if MEASURES[name].unit == "%" else 1
        for emotion, spreads in usual.items():
            if name in spreads:
                of = spreads[name]
                numbers = {"10%": of.p10, "25%": of.p25, "Median": of.p50, "75%": of.p75, "90%": of.p90}
                value = values[name]
                rows.append(
                    {
                        "Measure": f"{MEASURES[name].title} ({MEASURES[name].unit})",
                        "Emotion": titled(emotion),
                        "Clips": of.count,
                        **{title: round(factor * number, 2) for title, number in numbers.items()},
                        "This clip": None if value is None else round(factor * value, 2),
                    }
                )
    return pd.DataFrame(rows)
