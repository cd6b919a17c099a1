"""A clip -> probabilities, a timeline, and what to know about the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from aec.audio import Sound, decode
from aec.features import FeatureSpec, extract, fit_frames
from aec.models.model_file import Model, load_model
from aec.quality import Note, quality_notes

BUNDLED_MODEL = Path(__file__).parent / "assets" / "model.onnx"
# Longer clips also get a timeline of windows, each about as long as the clips that models are trained on.
TIMELINE_FROM_S = 4.0
WINDOW_S = 3.0
HOP_S = 1.5
_BATCH = 32
# A window this far below the loudest is a pause and says nothing about the clip as a whole.
_PAUSE_DB = 35.0


@dataclass(frozen=True)
class Segment:
    """A window of the timeline: where it is, in seconds, and what it shows."""

    start_s: float
    end_s: float
    emotion: str
    confidence: float
    probabilities: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {
            "start_s": self.start_s,
            "end_s": self.end_s,
            "emotion": self.emotion,
            "confidence": self.confidence,
            "probabilities": self.probabilities,
        }


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


def predict_source(model: Model, source: str | Path | bytes, *, name: str | None = None) -> Prediction:
    """Decode a file or an upload and predict it; raises as `aec.audio.decode`."""
    return predict(model, decode(source, name=name, measure=True))


def predict(model: Model, sound: Sound) -> Prediction:
    """Predict one sound.

    Parameters
    ----------
    model : Model
    sound : Sound

    Returns
    -------
    Prediction
        A clip that fits into the model's view is judged whole; a longer one by the mean of its windows.
    """
    card = model.card
    spec = card.features[0]
    view_s = _view_s(spec)
    windows = _windows(sound, min(WINDOW_S, view_s)) if sound.facts.duration_s > min(TIMELINE_FROM_S, view_s) else []
    timeline = _probabilities(model, spec, (sound_between(sound, *window) for window in windows))
    whole_fits = sound.facts.duration_s <= view_s
    if whole_fits:
        overall = _probabilities(model, spec, iter([sound]))[0]
    else:
        overall = timeline[_audible(sound, windows)].mean(axis=0)
    notes = (*quality_notes(sound), *_handling_notes(sound, spec, len(windows), whole_fits))
    order = np.argsort(-overall, kind="stable")
    confidence = float(overall[order[0]])
    return Prediction(
        emotion=card.labels[order[0]],
        second=card.labels[order[1]],
        confidence=confidence,
        unsure=confidence < card.unsure_below,
        probabilities=_named(card.labels, overall),
        duration_s=sound.facts.duration_s,
        segments=tuple(_segment(card.labels, *w, p) for w, p in zip(windows, timeline, strict=True)),
        notes=notes,
    )


def sound_between(sound: Sound, start_s: float, end_s: float) -> Sound:
    """Return a part of a sound; times in seconds."""
    rate = sound.sampling_rate
    part = sound.waveform[int(start_s * rate) : int(end_s * rate)]
    return Sound(part, replace(sound.facts, duration_s=part.size / rate, levels=None))


def _windows(sound: Sound, width_s: float) -> list[tuple[float, float]]:
    seconds = sound.facts.duration_s
    starts = np.arange(0.0, max(seconds - width_s, 0.0) + 1e-9, HOP_S * width_s / WINDOW_S)
    windows = [(float(start), float(start) + width_s) for start in starts]
    if seconds - windows[-1][1] > 0.1:
        # The last window is moved back, so that no end of a sentence is lost.
        windows.append((seconds - width_s, seconds))
    return windows


def _probabilities(model: Model, spec: FeatureSpec, sounds: Iterator[Sound]) -> np.ndarray:
    """Return [shape=(sounds, labels)], a batch at a time so that ten minutes stay small."""
    parts = []
    batch: list[np.ndarray] = []
    for sound in sounds:
        batch.append(extract(sound, spec)[: spec.max_frames])
        if len(batch) == _BATCH:
            parts.append(_predict_batch(model, batch))
            batch = []
    if batch:
        parts.append(_predict_batch(model, batch))
    return np.concatenate(parts) if parts else np.empty((0, len(model.card.labels)), dtype=np.float32)


def _predict_batch(model: Model, matrices: list[np.ndarray]) -> np.ndarray:
    lengths = np.array([len(matrix) for matrix in matrices], dtype=np.int64)
    longest = int(lengths.max())
    features = np.stack([fit_frames(matrix, longest) for matrix in matrices]).astype(np.float32)
    return np.asarray(model.predict(features, lengths))


def _view_s(spec: FeatureSpec) -> float:
    return float("inf") if spec.max_frames is None else spec.max_frames * spec.hop_s


def _audible(sound: Sound, windows: list[tuple[float, float]]) -> np.ndarray:
    power = np.array([float(np.mean(np.square(sound_between(sound, *w).waveform))) for w in windows])
    return np.asarray(power >= power.max() * 10 ** (-_PAUSE_DB / 10))


def _segment(labels: tuple[str, ...], start_s: float, end_s: float, probabilities: np.ndarray) -> Segment:
    best = int(probabilities.argmax())
    named = _named(labels, probabilities)
    return Segment(round(start_s, 3), round(end_s, 3), labels[best], float(probabilities[best]), named)


def _named(labels: tuple[str, ...], probabilities: np.ndarray) -> dict[str, float]:
    return {label: float(p) for label, p in zip(labels, probabilities, strict=True)}


def _handling_notes(sound: Sound, spec: FeatureSpec, windows: int, whole_fits: bool) -> Iterator[Note]:
    facts = sound.facts
    if facts.channels > 1:
        yield Note("downmixed", f"{facts.channels} channels were mixed to one.")
    if facts.sampling_rate != spec.sampling_rate:
        yield Note("resampled", f"Resampled from {facts.sampling_rate} Hz to the model's {spec.sampling_rate} Hz.")
    if spec.level_db is not None:
        yield Note("levelled", "The loudness was brought to a common level before the model heard it.")
    if not whole_fits:
        yield Note(
            "windowed",
            f"The model hears {_view_s(spec):.1f} s at once; the answer is the mean over {windows} windows.",
        )
