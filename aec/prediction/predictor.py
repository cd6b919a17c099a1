"""Predict the emotion of one clip, with a timeline and notes about its quality."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from aec.audio import Sound, decode
from aec.features import FeatureSpec, extract
from aec.models.model import Model
from aec.models.model_file import load_model
from aec.prediction.quality import Note, quality_notes
from aec.prediction.timeline import (
    Segment,
    Windowing,
    max_input_s,
    mean_probabilities,
    predict_features,
    predict_timeline,
    windowing_for,
)

BUNDLED_MODEL = Path(__file__).parents[1] / "assets" / "model.onnx"
# Longer clips also get a timeline.
TIMELINE_FROM_S = 4.0


class Prediction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Prediction for one clip; its JSON has these fields in this order.

    Parameters
    ----------
    emotion : str
        The likeliest, unsure or not.
    unsure : bool
        The confidence is below the threshold of the model's card.
    second : str
        The second likeliest emotion.
    confidence : float
        Probability of `emotion`.
    probabilities : dict of str to float
        Of every label of the model; they add up to 1.
    duration_s : float
    segments : tuple of Segment
        The timeline; empty, and left out of JSON, for clips up to 4 s (or up to the model's longest input, where
        that is less).
    notes : tuple of Note
    """

    emotion: str
    unsure: bool
    second: str
    confidence: float
    probabilities: dict[str, float]
    duration_s: float
    segments: tuple[Segment, ...] = ()
    notes: tuple[Note, ...]

    @property
    def headline(self) -> str:
        """The prediction as a short sentence."""
        if self.unsure:
            return f"Unsure: {self.emotion} or {self.second}"
        return f"Likely {self.emotion}, {self.confidence:.0%}"


def load_bundled_model() -> Model:
    """Return the model that comes with the package."""
    return load_model(BUNDLED_MODEL)


def predict_source(
    model: Model, source: str | Path | bytes, *, name: str | None = None, windowing: Windowing | None = None
) -> Prediction:
    """Decode a file or its bytes and predict it; raises as `aec.audio.decode`."""
    return predict(model, decode(source, name=name, measure=True), windowing)


def predict(model: Model, sound: Sound, windowing: Windowing | None = None) -> Prediction:
    """Predict one sound.

    Parameters
    ----------
    model : Model
    sound : Sound
    windowing : Windowing, optional
        Of the timeline; nothing else depends on it. Default: `windowing_for` the model.

    Returns
    -------
    Prediction
        A clip that fits into the model's input is predicted whole; a longer one by the mean over its windows of the
        default length, without pauses.
    """
    card = model.card
    spec = card.features[0]
    default = windowing_for(spec)
    wanted = windowing or default
    duration_s = sound.facts.duration_s
    has_timeline = duration_s > min(TIMELINE_FROM_S, max_input_s(spec))
    segments = predict_timeline(model, sound, wanted) if has_timeline else ()
    windows = None
    if duration_s <= max_input_s(spec):
        overall = predict_features(model, [extract(sound, spec)])[0]
    else:
        averaged = segments if wanted == default else predict_timeline(model, sound, default)
        overall = mean_probabilities(averaged)
        windows = len(averaged)
    order = np.argsort(-overall, kind="stable")
    confidence = float(overall[order[0]])
    return Prediction(
        emotion=card.labels[order[0]],
        second=card.labels[order[1]],
        confidence=confidence,
        unsure=confidence < card.unsure_below,
        probabilities=dict(zip(card.labels, overall.astype(float).tolist(), strict=True)),
        duration_s=duration_s,
        segments=segments,
        notes=(*quality_notes(sound), *_processing_notes(sound, spec, windows)),
    )


def _processing_notes(sound: Sound, spec: FeatureSpec, windows: int | None) -> Iterator[Note]:
    facts = sound.facts
    if facts.channels > 1:
        yield Note("downmixed", f"{facts.channels} channels were mixed to one.")
    if facts.sampling_rate != spec.sampling_rate:
        yield Note("resampled", f"Resampled from {facts.sampling_rate} Hz to the model's {spec.sampling_rate} Hz.")
    if spec.level_db is not None:
        yield Note("levelled", "The loudness was set to the common level of the model's training clips.")
    if windows is not None:
        yield Note(
            "windowed",
            f"The model takes {max_input_s(spec):.1f} s at once; the prediction is the mean over {windows} windows "
            f"of {windowing_for(spec).window_s:.1f} s.",
        )
