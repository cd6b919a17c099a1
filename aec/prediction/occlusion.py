"""Which parts of a clip an answer hangs on: one part after the other is blanked, and the model is asked again.

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
from aec.prediction.timeline import predict_matrices

# What bounds the work: predictions, the seconds of sound in all of them, and the frames and values of one.
MAX_PREDICTIONS = 300
MAX_HEARD_S = 1_200.0
LONGEST_S = 12.0
_MAX_FRAMES = 3_000
_BATCH_VALUES = 400_000
_MAX_BATCH = 32

# About a syllable, and room for one formant or two: without less than that, answers hardly change.
_PATCH_S = 0.25
_BANDS = 6
# Coefficients hold a smooth spectrum alone: a band narrower than two of its waves cannot be blanked by itself.
_COEFFICIENTS_PER_BAND = 2


@dataclass(frozen=True, eq=False)
class Occlusion:
    """How much the probability of an emotion falls without each part of a clip.

    Parameters
    ----------
    emotion : str
    probability : float
        Of that emotion for the explained stretch, with nothing blanked.
    falls : np.ndarray [shape=(time patches, band patches), dtype=float32]
        By how much that probability falls, from -1 to 1; below 0 it rises: the part spoke against the emotion.
    edges_s : np.ndarray [shape=(time patches + 1,)]
        Where the time patches begin and end in the clip, in seconds.
    edges_hz : np.ndarray [shape=(band patches + 1,)]
        Where the band patches begin and end, in Hz.
    start_s, end_s : float
        The stretch of the clip that is explained, in seconds.
    whole : bool
        The stretch is the whole clip.
    by_band : bool
        False where the model's features have no bands that could be blanked by themselves: then there is one band.
    """

    emotion: str
    probability: float
    falls: np.ndarray
    edges_s: np.ndarray
    edges_hz: np.ndarray
    start_s: float
    end_s: float
    whole: bool
    by_band: bool


def occlusion(model: Model, sound: Sound, emotion: str | None = None, *, start_s: float | None = None) -> Occlusion:
    """Blank one patch of time and frequency after the other, and see how the model's answer changes.

    A patch takes the clip's own mean over time in each of its bands: it then sounds like the clip on average. So what
    is the same throughout the clip does not show. The features of a clip are computed once; what is blanked are cells
    of their mel spectrogram. MFCCs are turned into the smooth mel spectrogram that they hold by the inverse cosine
    transform, and the change back into MFCCs; with fewer than four of them only time is divided.

    Parameters
    ----------
    model : Model
    sound : Sound
        Longer than `explained_s(spec)`, one stretch of that length is explained.
    emotion : str, optional
        One of the model's labels; default the likeliest of the stretch.
    start_s : float, optional
        Where the stretch begins; default where it is the loudest. Moved back where it would reach beyond the end.

    Returns
    -------
    Occlusion
        By at most 300 predictions, in batches of bounded size; the same for the same input.

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
    stretch, begin_s = _stretch(sound, explained_s(spec), start_s)
    matrix, shift_s = _features(stretch, spec)
    (answer,) = predict_matrices(model, [matrix])
    label = int(answer.argmax()) if emotion is None else labels.index(emotion)
    bands = _band_edges(spec)
    times = _time_edges(len(matrix), spec.hop_s, len(bands) - 1)
    end_s = begin_s + stretch.facts.duration_s
    return Occlusion(
        emotion=labels[label],
        probability=float(answer[label]),
        falls=answer[label] - _without_each(model, matrix, _parts(spec, bands), times, label),
        edges_s=np.clip(begin_s + shift_s + (times - 0.5) * spec.hop_s, begin_s, end_s),
        edges_hz=_edges_hz(spec, bands),
        start_s=begin_s,
        end_s=end_s,
        whole=stretch is sound,
        by_band=len(bands) > 2,
    )


def explained_s(spec: FeatureSpec) -> float:
    """Return how many seconds are explained at once: what the model hears, 12 s at most."""
    frames = _MAX_FRAMES if spec.max_frames is None else min(spec.max_frames, _MAX_FRAMES)
    return min(frames * spec.hop_s, LONGEST_S)


def _stretch(sound: Sound, longest_s: float, start_s: float | None) -> tuple[Sound, float]:
    """Return what is explained of a sound, and where it begins in seconds."""
    rate = sound.sampling_rate
    spare_s = sound.facts.duration_s - longest_s
    if spare_s <= 0:
        return sound, 0.0
    begin_s = min(max(loudest_start(sound.waveform, rate, longest_s) if start_s is None else start_s, 0.0), spare_s)
    part = sound.waveform[int(begin_s * rate) : int((begin_s + longest_s) * rate)]
    return Sound(part, dataclasses.replace(sound.facts, duration_s=part.size / rate, levels=None)), begin_s


def _features(sound: Sound, spec: FeatureSpec) -> tuple[np.ndarray, float]:
    """Return what the model gets, as `aec.features.extract`, and how many seconds were cut off in front of it."""
    waveform = resample(sound.waveform, sound.sampling_rate, spec.sampling_rate, quick=spec.kind == "mfcc")
    cut = 0 if spec.trim_db is None else speech_bounds(waveform, spec.trim_db)[0]
    matrix = from_waveform(condition(waveform, spec), spec)[: spec.max_frames]
    return np.ascontiguousarray(matrix, dtype=np.float32), cut / spec.sampling_rate


def _band_edges(spec: FeatureSpec) -> np.ndarray:
    """Return the mel bands at which the band patches begin, and the one after the last."""
    finest = spec.n_mels if spec.kind == "logmel" else spec.n_mfcc // _COEFFICIENTS_PER_BAND
    patches = max(1, min(_BANDS, finest))
    return np.round(np.linspace(0, spec.n_mels, patches + 1)).astype(np.int64)


def _time_edges(frames: int, hop_s: float, band_patches: int) -> np.ndarray:
    """Return the frames at which the time patches begin, and the one after the last."""
    seconds = frames * hop_s
    # One prediction is the answer itself.
    affordable = int(min(MAX_PREDICTIONS - 1, MAX_HEARD_S / seconds)) // band_patches
    patches = max(1, min(round(seconds / _PATCH_S), affordable, frames))
    return np.round(np.linspace(0, frames, patches + 1)).astype(np.int64)


def _edges_hz(spec: FeatureSpec, bands: np.ndarray) -> np.ndarray:
    # Neighbouring bands overlap; between their peaks is where one gives way to the other.
    points = mel_points(spec.sampling_rate, spec.n_mels)
    between = np.concatenate([points[:1], (points[1:-2] + points[2:-1]) / 2, points[-1:]])
    return np.asarray(between[bands])


def _parts(spec: FeatureSpec, bands: np.ndarray) -> list[np.ndarray]:
    """Return for each band patch what takes it out of a frame [shape=(coefficients, coefficients)]; their sum is 1.

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
            found[some.start : some.stop, band] = predict_matrices(model, variants)[:, label]
    return found
