"""Occlusion: drop of a probability when one patch of a clip is blanked.

References
----------
M. D. Zeiler and R. Fergus, Visualizing and Understanding Convolutional Networks, European Conference on Computer
Vision, 2014, section 4.2: the drop of a class's probability when a part of the input is occluded.
"""

import dataclasses
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from aec.audio import Sound, loudest_start, resample
from aec.errors import FeatureError
from aec.features import FeatureSpec, condition, from_waveform, speech_bounds
from aec.features.fused import cosines, mel_points
from aec.models.model import Model
from aec.prediction.timeline import predict_features

# Bounds of the work: predictions, seconds of sound in all of them, seconds and frames of the explained excerpt.
MAX_PREDICTIONS = 300
MAX_TOTAL_S = 1_200.0
MAX_EXCERPT_S = 12.0
_MAX_FRAMES = 3_000
_BATCH_VALUES = 400_000
_MAX_BATCH = 32

# About a syllable, and one formant or two: blanking less hardly changes a prediction.
_PATCH_S = 0.25
_BANDS = 6
# MFCCs hold a smooth spectrum only: a band narrower than two of its waves cannot be blanked separately.
_COEFFICIENTS_PER_BAND = 2


@dataclass(frozen=True, eq=False)
class Occlusion:
    """Drop of an emotion's probability without each patch of a clip.

    Parameters
    ----------
    emotion : str
    probability : float
        Of that emotion for the explained excerpt, with nothing blanked.
    drops : np.ndarray [shape=(time patches, band patches), dtype=float32]
        Drop of that probability without each patch, from -1 to 1; below 0 it rises.
    edges_s : np.ndarray [shape=(time patches + 1,)]
        Borders of the time patches in the clip, in seconds.
    edges_hz : np.ndarray [shape=(band patches + 1,)]
        Borders of the band patches, in Hz.
    start_s, end_s : float
        The excerpt of the clip that is explained, in seconds.
    is_whole_clip : bool
    by_band : bool
        False where the model's features have no bands that can be blanked separately: then there is one band.
    """

    emotion: str
    probability: float
    drops: np.ndarray
    edges_s: np.ndarray
    edges_hz: np.ndarray
    start_s: float
    end_s: float
    is_whole_clip: bool
    by_band: bool


def compute_occlusion(
    model: Model, sound: Sound, emotion: str | None = None, *, start_s: float | None = None
) -> Occlusion:
    """Predict a clip without each patch of time and frequency, one after the other.

    A blanked patch takes the clip's mean over time in each of its bands, so properties that are constant throughout
    the clip do not show. Features are computed once; the patches are cells of their mel spectrogram. MFCCs are
    converted by the inverse cosine transform, and the change back; with fewer than four of them only time is divided.

    Parameters
    ----------
    model : Model
    sound : Sound
        If longer than `max_excerpt_s(spec)`, one excerpt of that length is explained.
    emotion : str, optional
        One of the model's labels; default the likeliest of the excerpt.
    start_s : float, optional
        Start of the excerpt; default the loudest one. Moved back where it would reach beyond the end.

    Returns
    -------
    Occlusion
        From at most 300 predictions, in batches of bounded size; deterministic.

    Raises
    ------
    FeatureError
        An emotion that the model does not know.
    ModelFileError
        As `Model.predict`.
    """
    labels = model.card.labels
    if emotion is not None and emotion not in labels:
        raise FeatureError(f"the model does not know {emotion!r}", f"one of {', '.join(labels)} is expected")
    spec = model.card.features[0]
    excerpt, begin_s = _excerpt(sound, max_excerpt_s(spec), start_s)
    matrix, shift_s = _features(excerpt, spec)
    (probabilities,) = predict_features(model, [matrix])
    label = int(probabilities.argmax()) if emotion is None else labels.index(emotion)
    bands = _band_edges(spec)
    times = _time_edges(len(matrix), spec.hop_s, len(bands) - 1)
    end_s = begin_s + excerpt.facts.duration_s
    return Occlusion(
        emotion=labels[label],
        probability=float(probabilities[label]),
        drops=probabilities[label] - _without_each(model, matrix, _parts(spec, bands), times, label),
        edges_s=np.clip(begin_s + shift_s + (times - 0.5) * spec.hop_s, begin_s, end_s),
        edges_hz=_edges_hz(spec, bands),
        start_s=begin_s,
        end_s=end_s,
        is_whole_clip=excerpt is sound,
        by_band=len(bands) > 2,
    )


def max_excerpt_s(spec: FeatureSpec) -> float:
    """Return the longest excerpt in seconds: the model's longest input, at most 12 s."""
    frames = _MAX_FRAMES if spec.max_frames is None else min(spec.max_frames, _MAX_FRAMES)
    return min(frames * spec.hop_s, MAX_EXCERPT_S)


def _excerpt(sound: Sound, longest_s: float, start_s: float | None) -> tuple[Sound, float]:
    """Return the explained excerpt of a sound and its start in seconds."""
    rate = sound.sampling_rate
    spare_s = sound.facts.duration_s - longest_s
    if spare_s <= 0:
        return sound, 0.0
    begin_s = min(max(loudest_start(sound.waveform, rate, longest_s) if start_s is None else start_s, 0.0), spare_s)
    part = sound.waveform[int(begin_s * rate) : int((begin_s + longest_s) * rate)]
    return Sound(part, dataclasses.replace(sound.facts, duration_s=part.size / rate, levels=None)), begin_s


def _features(sound: Sound, spec: FeatureSpec) -> tuple[np.ndarray, float]:
    """Return features as `aec.features.extract`, and the seconds trimmed in front."""
    waveform = resample(sound.waveform, sound.sampling_rate, spec.sampling_rate, quick=spec.kind == "mfcc")
    cut = 0 if spec.trim_db is None else speech_bounds(waveform, spec.trim_db)[0]
    matrix = from_waveform(condition(waveform, spec), spec)[: spec.max_frames]
    return np.ascontiguousarray(matrix, dtype=np.float32), cut / spec.sampling_rate


def _band_edges(spec: FeatureSpec) -> np.ndarray:
    """Return the borders of the band patches as numbers of mel bands."""
    finest = spec.n_mels if spec.kind == "logmel" else spec.n_mfcc // _COEFFICIENTS_PER_BAND
    patches = max(1, min(_BANDS, finest))
    return np.round(np.linspace(0, spec.n_mels, patches + 1)).astype(np.int64)


def _time_edges(frames: int, hop_s: float, band_patches: int) -> np.ndarray:
    """Return the borders of the time patches as numbers of frames."""
    seconds = frames * hop_s
    # One prediction is that of the whole excerpt.
    affordable = int(min(MAX_PREDICTIONS - 1, MAX_TOTAL_S / seconds)) // band_patches
    patches = max(1, min(round(seconds / _PATCH_S), affordable, frames))
    return np.round(np.linspace(0, frames, patches + 1)).astype(np.int64)


def _edges_hz(spec: FeatureSpec, bands: np.ndarray) -> np.ndarray:
    # Neighbouring bands overlap; the border lies halfway between their peaks.
    points = mel_points(spec.sampling_rate, spec.n_mels)
    between = np.concatenate([points[:1], (points[1:-2] + points[2:-1]) / 2, points[-1:]])
    return np.asarray(between[bands])


def _parts(spec: FeatureSpec, bands: np.ndarray) -> list[np.ndarray]:
    """Return each band patch's projection [shape=(coefficients, coefficients)].

    Their sum is the identity.

    A frame of MFCCs times the transposed cosines is its smooth mel spectrum; some of its bands times the cosines are
    what these bands contribute to the coefficients.
    """
    transform = np.eye(spec.n_mels) if spec.kind == "logmel" else cosines(spec.n_mels, spec.n_mfcc)
    rows = [transform[first:last] for first, last in pairwise(bands)]
    return [(row.T @ row).astype(np.float32) for row in rows]


def _without_each(
    model: Model, matrix: np.ndarray, parts: list[np.ndarray], times: np.ndarray, label: int
) -> np.ndarray:
    """Return the probability without each patch [shape=(time patches, band patches)]."""
    size = max(1, min(_MAX_BATCH, _BATCH_VALUES // matrix.size))
    to_mean = matrix.mean(axis=0) - matrix
    found = np.empty((len(times) - 1, len(parts)), dtype=np.float32)
    for band, part in enumerate(parts):
        change = to_mean @ part
        for start in range(0, len(found), size):
            some = range(start, min(start + size, len(found)))
            variants = np.repeat(matrix[None], len(some), axis=0)
            for variant, patch in zip(variants, some, strict=True):
                where = slice(times[patch], times[patch + 1])
                variant[where] += change[where]
            found[some.start : some.stop, band] = predict_features(model, variants)[:, label]
    return found
