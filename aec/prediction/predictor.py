"""A clip -> probabilities, a timeline, and what to know about the answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aec.audio import Sound, decode
from aec.features import FeatureSpec, extract
from aec.models.model import Model
from aec.models.model_file import load_model
from aec.prediction.quality import Note, quality_notes
from aec.prediction.timeline import (
    Segment,
    Windowing,
    mean_probabilities,
    predict_matrices,
    timeline_of,
    view_s,
    windowing_for,
)

BUNDLED_MODEL = Path(__file__).parents[1] / "assets" / "model.onnx"
# Longer clips also get a timeline.
TIMELINE_FROM_S = 4.0


@dataclass(frozen=True)
class Prediction:
    """The answer for one clip.

    Parameters
    ----------
    emotion : str
        The likeliest, unsure or not.
    second : str
        The one after it.
    confidence : float
        The likeliest's probability.
    unsure : bool
        The confidence is below what the model's card calls sure.
    probabilities : dict
        Of every label of the model; they add up to 1.
    duration_s : float
    segments : tuple of Segment
        The timeline; empty for clips up to 4 s (or up to what the model hears at once, where that is less).
    notes : tuple of Note
    """

    emotion: str
    second: str
    confidence: float
    unsure: bool
    probabilities: dict[str, float]
    duration_s: float
    segments: tuple[Segment, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def headline(self) -> str:
        """The answer in plain words."""
        if self.unsure:
            return f"Unsure: {self.emotion} or {self.second}"
        return f"Likely {self.emotion}, {self.confidence:.0%}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types; `segments` only where there is a timeline."""
        result: dict[str, Any] = {
            "emotion": self.emotion,
            "unsure": self.unsure,
            "second": self.second,
            "confidence": self.confidence,
            "probabilities": self.probabilities,
            "duration_s": self.duration_s,
        }
        if self.segments:
            result["segments"] = [segment.to_dict() for segment in self.segments]
        return {**result, "notes": [{"kind": note.kind, "text": note.text} for note in self.notes]}


def load_bundled_model() -> Model:
    """Return the model that comes with the package."""
    return load_model(BUNDLED_MODEL)


def predict_source(
    model: Model, source: str | Path | bytes, *, name: str | None = None, windowing: Windowing | None = None
) -> Prediction:
    """Decode a file or an upload and predict it; raises as `aec.audio.decode`."""
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
        A clip that fits into the model's view is judged whole; a longer one by the mean of its windows of the
        default length, without pauses.
    """
    card = model.card
    spec = card.features[0]
    usual = windowing_for(spec)
    wanted = windowing or usual
    duration_s = sound.facts.duration_s
    segments = timeline_of(model, sound, wanted) if duration_s > min(TIMELINE_FROM_S, view_s(spec)) else ()
    windowed = None
    if duration_s <= view_s(spec):
        overall = predict_matrices(model, [extract(sound, spec)])[0]
    else:
        heard = segments if wanted == usual else timeline_of(model, sound, usual)
        overall = mean_probabilities(heard)
        windowed = len(heard)
    order = np.argsort(-overall, kind="stable")
    confidence = float(overall[order[0]])
    return Prediction(
        emotion=card.labels[order[0]],
        second=card.labels[order[1]],
        confidence=confidence,
        unsure=confidence < card.unsure_below,
        probabilities={label: float(share) for label, share in zip(card.labels, overall, strict=True)},
        duration_s=duration_s,
        segments=segments,
        notes=(*quality_notes(sound), *_handling_notes(sound, spec, windowed)),
    )


def _handling_notes(sound: Sound, spec: FeatureSpec, windows: int | None) -> Iterator[Note]:
    facts = sound.facts
    if facts.channels > 1:
        yield Note("downmixed", f"{facts.channels} channels were mixed to one.")
    if facts.sampling_rate != spec.sampling_rate:
        yield Note("resampled", f"Resampled from {facts.sampling_rate} Hz to the model's {spec.sampling_rate} Hz.")
    if spec.level_db is not None:
        yield Note("levelled", "The loudness was brought to a common level before the model heard it.")
    if windows is not None:
        yield Note(
            "windowed",
            f"The model hears {view_s(spec):.1f} s at once; the answer is the mean over {windows} windows of "
            f"{windowing_for(spec).window_s:.1f} s.",
        )
