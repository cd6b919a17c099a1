"""Timeline of a sound: overlapping windows, smoothed, joined into spans."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import msgspec
import numpy as np

from aec.audio import Sound, resample
from aec.errors import UsageError
from aec.features import FeatureSpec, condition, fit_frames, from_waveform
from aec.models.model import Model

# Windows are about as long as the clips that models are trained on.
WINDOW_S = 3.0
MIN_WINDOW_S, MAX_WINDOW_S = 1.0, 10.0
MIN_HOP_S = 0.25
# A window this far below the loudest is a pause: its prediction says nothing about the speaker.
PAUSE_DB = 35.0
# Weight of each neighbour in smoothing.
_NEIGHBOUR = 0.25
# Seconds of windows whose features are held in memory at once.
_BATCH_S = 96.0
# Clips are padded to a multiple of so many frames.
_FRAMES_STEP = 32
# A resampler rings at the ends of its input: that much more is resampled on both sides of a batch.
_MARGIN_S = 0.05
# A last window that begins this shortly after the one before replaces it.
_SAME_S = 0.1

Window = tuple[float, float]
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Windowing:
    """Length and hop of a timeline's windows; made and checked by `windowing_for`.

    Parameters
    ----------
    window_s : float
        Length of a window.
    hop_s : float
        From the start of a window to that of the next.
    """

    window_s: float
    hop_s: float


class Segment(msgspec.Struct, frozen=True):
    """Prediction for one window of the timeline; its JSON has the same fields.

    Parameters
    ----------
    start_s, end_s : float
    emotion : str or None
        The likeliest; None in a pause.
    confidence : float or None
        Its probability.
    probabilities : dict of str to float
        Of every label of the model; they add up to 1. Smoothed, except in a pause.
    """

    start_s: float
    end_s: float
    emotion: str | None
    confidence: float | None
    probabilities: dict[str, float]

    @property
    def pause(self) -> bool:
        """Whether the window is far below the loudest."""
        return self.emotion is None


@dataclass(frozen=True)
class EmotionSpan:
    """Consecutive windows with the same likeliest emotion.

    Parameters
    ----------
    start_s, end_s : float
        A span begins where the one before it ends.
    emotion : str or None
        None is a pause.
    confidence : float or None
        The emotion's mean probability over the windows.
    unsure : bool
        The confidence is below the threshold of the model's card.
    """

    start_s: float
    end_s: float
    emotion: str | None
    confidence: float | None
    unsure: bool

    @property
    def title(self) -> str:
        """Text such as `sad`, `sad, unsure` or `pause`."""
        if self.emotion is None:
            return "pause"
        return f"{self.emotion}, unsure" if self.unsure else self.emotion


def max_input_s(spec: FeatureSpec) -> float:
    """Return the longest input in seconds of a model with these features, or inf."""
    return math.inf if spec.max_frames is None else spec.max_frames * spec.hop_s


def window_limits(spec: FeatureSpec) -> tuple[float, float]:
    """Return the shortest and longest window (s) for a model with these features."""
    longest = min(MAX_WINDOW_S, max_input_s(spec))
    return min(MIN_WINDOW_S, longest), longest


def hop_limits(window_s: float) -> tuple[float, float]:
    """Return the shortest and longest hop (s) between windows of that length."""
    return min(MIN_HOP_S, window_s / 2), window_s


def windowing_for(spec: FeatureSpec, window_s: float | None = None, hop_s: float | None = None) -> Windowing:
    """Return the windowing for a model.

    Parameters
    ----------
    spec : FeatureSpec
        Of the model's input.
    window_s : float, optional
        1 to 10 s, and no longer than the model's input; default 3 s, or the longest input if that is less.
    hop_s : float, optional
        0.25 s to the window's length; default half of that.

    Raises
    ------
    UsageError
        A length out of range.
    """
    shortest, longest = window_limits(spec)
    window = min(WINDOW_S, longest) if window_s is None else window_s
    # Also refuses NaN.
    if not shortest <= window <= longest:
        limit = "" if longest == MAX_WINDOW_S else f", since the model takes {_short(longest)} s at once"
        expected = f"{_short(shortest)} to {_short(longest)} s are expected{limit}"
        raise UsageError(f"the window is {window:g} s long", expected, "Choose another window")
    hop = window / 2 if hop_s is None else hop_s
    if not hop_limits(window)[0] <= hop <= window:
        expected = f"{hop_limits(window)[0]:g} s to the window's length ({_short(window)} s) are expected"
        raise UsageError(f"the hop between windows is {hop:g} s", expected, "Choose another hop")
    return Windowing(window, hop)


def predict_timeline(
    model: Model, sound: Sound, windowing: Windowing, progress: Progress | None = None
) -> tuple[Segment, ...]:
    """Predict a sound window by window.

    Each window is trimmed and levelled like a separate clip; only resampling is shared. Windows are predicted in
    batches of about 96 s, so that memory does not grow with the sound.

    Parameters
    ----------
    model : Model
    sound : Sound
    windowing : Windowing
    progress : callable, optional
        Called with the number of windows done and the number of all.

    Returns
    -------
    tuple of Segment
        At least one, in order; together they cover the sound. Smoothed by `smooth_probabilities`.
    """
    windows = window_bounds(sound.facts.duration_s, windowing)
    audible = _audible(sound, windows)
    size = max(1, int(_BATCH_S / windowing.window_s))
    parts = []
    for first in range(0, len(windows), size):
        batch = _window_features(sound, windows[first : first + size], model.card.features[0])
        parts.append(predict_features(model, batch))
        if progress is not None:
            progress(sum(map(len, parts)), len(windows))
    probabilities = smooth_probabilities(np.concatenate(parts), audible)
    return tuple(
        _segment(model.card.labels, window, row, is_audible)
        for window, row, is_audible in zip(windows, probabilities, audible, strict=True)
    )


def predict_features(model: Model, matrices: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Predict feature matrices of different lengths in one batch.

    Parameters
    ----------
    model : Model
    matrices : sequence of np.ndarray, or one array of all, [shape=(frames, coefficients), dtype=float32]
        Longer ones are cut to the model's longest input.

    Returns
    -------
    np.ndarray [shape=(n, labels), dtype=float32]
    """
    longest = model.card.features[0].max_frames
    kept = [matrix[:longest] for matrix in matrices]
    lengths = np.array([len(matrix) for matrix in kept], dtype=np.int64)
    # Few different numbers of frames, because onnxruntime prepares its memory for each.
    frames = int(min(-(-lengths.max() // _FRAMES_STEP) * _FRAMES_STEP, longest or np.inf))
    return model.predict(np.stack([fit_frames(matrix, frames) for matrix in kept]), lengths)


def window_bounds(duration_s: float, windowing: Windowing) -> list[Window]:
    """Return start and end of each window in seconds.

    The first begins at 0, the last ends with the sound, and there is no gap between them. A sound that is shorter
    than a window is one window.
    """
    width = min(windowing.window_s, duration_s)
    last = duration_s - width
    starts = np.arange(0.0, last, windowing.hop_s).tolist()
    if len(starts) > 1 and last - starts[-1] < _SAME_S and last - starts[-2] <= width + 1e-6:
        starts.pop()
    return [(start, start + width) for start in starts] + [(last, duration_s)]


def smooth_probabilities(probabilities: np.ndarray, audible: np.ndarray) -> np.ndarray:
    """Return a weighted mean of each window's probabilities with its neighbours'.

    The weights are 1/4, 1/2, 1/4. Pauses take no part: where a neighbour is missing or a pause, its weight goes to
    the window itself. So rows still sum to 1, and the mean over all windows that are no pauses is unchanged.

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
    exchanged = _NEIGHBOUR * np.diff(raw, axis=0) * (audible[1:] & audible[:-1])[:, None]
    result = raw.copy()
    result[:-1] += exchanged
    result[1:] -= exchanged
    return result


def mean_probabilities(segments: Sequence[Segment]) -> np.ndarray:
    """Return the mean over the windows that are no pauses [shape=(labels,)]."""
    rows = [list(segment.probabilities.values()) for segment in segments if not segment.pause]
    return np.asarray(np.mean(rows, axis=0))


def emotion_spans(segments: Sequence[Segment], unsure_below: float) -> tuple[EmotionSpan, ...]:
    """Join consecutive windows with the same likeliest emotion, or pauses.

    Windows overlap, spans do not: the border between two lies halfway between the middles of their windows.

    Parameters
    ----------
    segments : sequence of Segment
        In order.
    unsure_below : float
        From the model's card.

    Returns
    -------
    tuple of EmotionSpan
        From the start of the first window to the end of the last, without gaps.
    """
    if not segments:
        return ()
    middles = [(segment.start_s + segment.end_s) / 2 for segment in segments]
    borders = [segments[0].start_s, *(sum(pair) / 2 for pair in pairwise(middles)), segments[-1].end_s]
    bounded = zip(pairwise(borders), segments, strict=True)
    spans = []
    for emotion, group in groupby(bounded, key=lambda pair: pair[1].emotion):
        members = list(group)
        values = [segment.confidence for _, segment in members if segment.confidence is not None]
        confidence = float(np.mean(values)) if values else None
        unsure = confidence is not None and confidence < unsure_below
        spans.append(EmotionSpan(members[0][0][0], members[-1][0][1], emotion, confidence, unsure))
    return tuple(spans)


def _window_features(sound: Sound, windows: Sequence[Window], spec: FeatureSpec) -> list[np.ndarray]:
    """Return the features of neighbouring windows, each as of a separate clip."""
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


def _segment(labels: Sequence[str], window: Window, row: np.ndarray, audible: bool) -> Segment:
    probabilities = dict(zip(labels, row.tolist(), strict=True))
    emotion = max(probabilities, key=probabilities.__getitem__) if audible else None
    start, end = (round(at, 3) for at in window)
    return Segment(start, end, emotion, probabilities.get(emotion or ""), probabilities)


def _short(seconds: float) -> str:
    # Cut, not rounded, so that the limit shown is itself accepted.
    return f"{math.floor(100 * seconds) / 100:g}"
