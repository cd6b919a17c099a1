"""A long sound over time: windows judged one by one, smoothed over their neighbours, and joined into stretches."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from aec.audio import Sound, resample
from aec.errors import UsageError
from aec.features import FeatureSpec, condition, fit_frames, from_waveform
from aec.models.model import Model

# Windows are about as long as the clips that models are trained on.
WINDOW_S = 3.0
MIN_WINDOW_S, MAX_WINDOW_S = 1.0, 10.0
MIN_HOP_S = 0.25
# A window this far below the loudest is a pause: what the model says about it says nothing about the speaker.
PAUSE_DB = 35.0
# What a window takes of each neighbour.
_NEIGHBOUR = 0.25
# Seconds of windows whose features are in memory at once.
_BATCH_S = 96.0
# Clips are padded to a multiple of so many frames.
_FRAMES_STEP = 32
# A resampler rings where a sound is cut off: that much of the sound is resampled beyond the windows.
_MARGIN_S = 0.05
# A last window that begins this shortly after the one before takes its place.
_SAME_S = 0.1

Window = tuple[float, float]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Windowing:
    """How a sound is cut into windows; `windowing_for` makes it for a model and checks the values.

    Parameters
    ----------
    window_s : float
        Length of a window.
    hop_s : float
        From the beginning of a window to that of the next.
    """

    window_s: float
    hop_s: float


@dataclass(frozen=True)
class Segment:
    """A window of the timeline.

    Parameters
    ----------
    start_s, end_s : float
    emotion : str or None
        The likeliest; None in a pause, where none is claimed.
    confidence : float or None
        Its probability.
    probabilities : dict of str to float
        Of every label of the model, smoothed; they add up to 1. In a pause they are the model's own.
    """

    start_s: float
    end_s: float
    emotion: str | None
    confidence: float | None
    probabilities: dict[str, float]

    @property
    def pause(self) -> bool:
        """The window is far below the loudest."""
        return self.emotion is None

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
class Stretch:
    """Neighbouring windows with the same likeliest emotion.

    Parameters
    ----------
    start_s, end_s : float
        A stretch begins where the one before it ends.
    emotion : str or None
        None is a pause.
    confidence : float or None
        The emotion's mean probability over the windows.
    unsure : bool
        The confidence is below what the model's card calls sure.
    """

    start_s: float
    end_s: float
    emotion: str | None
    confidence: float | None
    unsure: bool

    @property
    def words(self) -> str:
        """What it shows: `sad`, `sad, unsure` or `pause`."""
        if self.emotion is None:
            return "pause"
        return f"{self.emotion}, unsure" if self.unsure else self.emotion


def view_s(spec: FeatureSpec) -> float:
    """Return how many seconds a model with such features hears at once; infinity where there is no limit."""
    return math.inf if spec.max_frames is None else spec.max_frames * spec.hop_s


def window_limits(spec: FeatureSpec) -> tuple[float, float]:
    """Return the shortest and the longest window in seconds that a model with such features can be given."""
    longest = min(MAX_WINDOW_S, view_s(spec))
    return min(MIN_WINDOW_S, longest), longest


def hop_limits(window_s: float) -> tuple[float, float]:
    """Return the shortest and the longest hop in seconds between windows of that length."""
    return min(MIN_HOP_S, window_s / 2), window_s


def windowing_for(spec: FeatureSpec, window_s: float | None = None, hop_s: float | None = None) -> Windowing:
    """Return how sounds are cut into windows for a model.

    Parameters
    ----------
    spec : FeatureSpec
        What the model is fed with.
    window_s : float, optional
        1 to 10 s, and no more than the model hears at once; default 3 s, or all that the model hears if that is less.
    hop_s : float, optional
        0.25 s to the window's length; default half of that.

    Raises
    ------
    UsageError
        A length out of range.
    """
    shortest, longest = window_limits(spec)
    window = min(WINDOW_S, longest) if window_s is None else window_s
    # Also refuses what is no number at all.
    if not shortest <= window <= longest:
        limit = "" if longest == MAX_WINDOW_S else f", since the model hears {_short(longest)} s at once"
        expected = f"{_short(shortest)} to {_short(longest)} s are expected{limit}"
        raise UsageError(f"the window is {window:g} s long", expected, "Choose another window")
    hop = window / 2 if hop_s is None else hop_s
    if not hop_limits(window)[0] <= hop <= window:
        expected = f"{hop_limits(window)[0]:g} s to the window's length ({_short(window)} s) are expected"
        raise UsageError(f"the hop between windows is {hop:g} s", expected, "Choose another hop")
    return Windowing(window, hop)


def timeline_of(
    model: Model, sound: Sound, windowing: Windowing, progress: Progress | None = None
) -> tuple[Segment, ...]:
    """Judge a sound window by window.

    Every window is trimmed and levelled by itself, as the clips were that models are trained on, so its features are
    those of a clip of its own. Resampling alone is shared. Windows are predicted together, about 96 s of them at a
    time, so that memory does not grow with the sound.

    Parameters
    ----------
    model : Model
    sound : Sound
    windowing : Windowing
    progress : callable, optional
        Called with the number of windows that are done, and of all.

    Returns
    -------
    tuple of Segment
        At least one, in order; together they cover the sound. Smoothed as by `smoothed`.
    """
    windows = windows_over(sound.facts.duration_s, windowing)
    audible = _audible(sound, windows)
    parts = []
    for batch in _batches(windows, windowing):
        parts.append(predict_matrices(model, _matrices(sound, batch, model.card.features[0])))
        if progress is not None:
            progress(sum(map(len, parts)), len(windows))
    shares = smoothed(np.concatenate(parts), audible)
    return tuple(
        _segment(model.card.labels, window, row, heard)
        for window, row, heard in zip(windows, shares, audible, strict=True)
    )


def predict_matrices(model: Model, matrices: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Predict feature matrices of different lengths together.

    Parameters
    ----------
    model : Model
    matrices : sequence of np.ndarray, or one array of all, [shape=(frames, coefficients), dtype=float32]
        What is longer than the model hears at once is cut.

    Returns
    -------
    np.ndarray [shape=(n, labels), dtype=float32]
    """
    longest = model.card.features[0].max_frames
    kept = [matrix[:longest] for matrix in matrices]
    lengths = np.array([len(matrix) for matrix in kept], dtype=np.int64)
    # What is prepared once for each number of frames is prepared for few of them.
    frames = int(min(-(-lengths.max() // _FRAMES_STEP) * _FRAMES_STEP, longest or np.inf))
    return model.predict(np.stack([fit_frames(matrix, frames) for matrix in kept]), lengths)


def windows_over(duration_s: float, windowing: Windowing) -> list[Window]:
    """Return the windows' beginnings and ends in seconds.

    The first begins at 0, the last ends with the sound, and there is no gap between them. A sound that is shorter
    than a window is one window.
    """
    width = min(windowing.window_s, duration_s)
    last = duration_s - width
    starts = np.arange(0.0, last, windowing.hop_s).tolist()
    if len(starts) > 1 and last - starts[-1] < _SAME_S and last - starts[-2] <= width + 1e-6:
        starts.pop()
    return [(start, start + width) for start in starts] + [(last, duration_s)]


def smoothed(probabilities: np.ndarray, audible: np.ndarray) -> np.ndarray:
    """Return probabilities that are averaged with those of the neighbours.

    A window takes a quarter of each neighbour and keeps half of its own. Nothing passes between a pause and a window
    beside it, nor over the ends: what a missing neighbour would give, the window keeps. So rows still sum to 1, and
    the mean over all windows that are no pauses stays what it was.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(windows, labels)]
    audible : np.ndarray [shape=(windows,), dtype=bool]
        False for pauses; they keep their values.

    Returns
    -------
    np.ndarray [shape=(windows, labels), dtype=float64]
    """
    raw = probabilities.astype(np.float64)
    passed = _NEIGHBOUR * np.diff(raw, axis=0) * (audible[1:] & audible[:-1])[:, None]
    result = raw.copy()
    result[:-1] += passed
    result[1:] -= passed
    return result


def mean_probabilities(segments: Sequence[Segment]) -> np.ndarray:
    """Return the mean over the windows that are no pauses [shape=(labels,)]."""
    shares = [list(segment.probabilities.values()) for segment in segments if not segment.pause]
    return np.asarray(np.mean(shares, axis=0))


def stretches_of(segments: Sequence[Segment], unsure_below: float) -> tuple[Stretch, ...]:
    """Join neighbouring windows with the same likeliest emotion, and neighbouring pauses.

    Windows overlap, stretches do not: the border between two lies halfway between the middles of their windows.

    Parameters
    ----------
    segments : sequence of Segment
        In order.
    unsure_below : float
        From the model's card.

    Returns
    -------
    tuple of Stretch
        From the beginning of the first window to the end of the last, without gaps.
    """
    if not segments:
        return ()
    middles = [(segment.start_s + segment.end_s) / 2 for segment in segments]
    borders = [segments[0].start_s, *(sum(pair) / 2 for pair in pairwise(middles)), segments[-1].end_s]
    cells = zip(pairwise(borders), segments, strict=True)
    found = []
    for emotion, together in groupby(cells, key=lambda cell: cell[1].emotion):
        part = list(together)
        shares = [segment.confidence for _, segment in part if segment.confidence is not None]
        confidence = float(np.mean(shares)) if shares else None
        unsure = confidence is not None and confidence < unsure_below
        found.append(Stretch(part[0][0][0], part[-1][0][1], emotion, confidence, unsure))
    return tuple(found)


def _batches(windows: Sequence[Window], windowing: Windowing) -> Iterator[Sequence[Window]]:
    size = max(1, int(_BATCH_S / windowing.window_s))
    for first in range(0, len(windows), size):
        yield windows[first : first + size]


def _matrices(sound: Sound, windows: Sequence[Window], spec: FeatureSpec) -> list[np.ndarray]:
    """Return the features of neighbouring windows, each as of a clip of its own."""
    rate = sound.sampling_rate
    first = int(max(0.0, windows[0][0] - _MARGIN_S) * rate)
    piece = sound.waveform[first : math.ceil((windows[-1][1] + _MARGIN_S) * rate)]
    piece = resample(piece, rate, spec.sampling_rate)
    cuts = [[round((at - first / rate) * spec.sampling_rate) for at in window] for window in windows]
    return [from_waveform(condition(piece[start:end], spec), spec) for start, end in cuts]


def _audible(sound: Sound, windows: Sequence[Window]) -> np.ndarray:
    rate = sound.sampling_rate
    cuts = [slice(int(start * rate), int(end * rate)) for start, end in windows]
    power = np.array([float(np.mean(np.square(sound.waveform[cut]))) for cut in cuts])
    return np.asarray(power >= power.max() * 10 ** (-PAUSE_DB / 10))


def _segment(labels: Sequence[str], window: Window, shares: np.ndarray, audible: bool) -> Segment:
    named = {label: float(share) for label, share in zip(labels, shares, strict=True)}
    best = max(named, key=named.__getitem__) if audible else None
    start, end = (round(at, 3) for at in window)
    return Segment(start, end, best, None if best is None else named[best], named)


def _short(seconds: float) -> str:
    # Cut, not rounded: what is named as the limit is accepted.
    return f"{math.floor(100 * seconds) / 100:g}"
