"""Fundamental frequency by normalised autocorrelation.

Each frame's autocorrelation, divided by that of its window, gives several candidates for the period; dynamic
programming over the candidates of all frames avoids octave jumps.

References
----------
P. Boersma, Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a sampled
sound, Proceedings of the Institute of Phonetic Sciences 17, Amsterdam, 1993, pp. 97-110. The costs below are his.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft

RATE = 16_000
HOP = 160
LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
# Three periods of the lowest voice.
WINDOW = 800
_SHORTEST, _LONGEST = int(RATE / HIGHEST_HZ), int(np.ceil(RATE / LOWEST_HZ))
# Padded by the longest lag, so that the circular correlation does not wrap around.
_SIZE = scipy.fft.next_fast_len(WINDOW + _LONGEST + 2, real=True)
# Above the first harmonics there is more noise than voice, and narrow peaks would fall between two lags.
_PASS_HZ, _STOP_HZ = 2_000.0, 3_000.0
_CANDIDATES = 6
_BLOCK = 256

_VOICING = 0.45
_SILENCE = 0.03
# Four times his: with 0.01, noise as loud as the softer syllables doubled the period of every tenth frame.
_OCTAVE = 0.04
_OCTAVE_JUMP = 0.35
_VOICING_CHANGE = 0.14
# The loud reference is exceeded for a tenth of a second, longer than any click.
LOUD_FRAMES = 10


@dataclass(frozen=True, eq=False)
class PitchTrack:
    """Pitch and power of each frame of 50 ms, one every 10 ms.

    Parameters
    ----------
    f0_hz : np.ndarray [shape=(frames,), dtype=float32]
        0 in unvoiced frames.
    power : np.ndarray [shape=(frames,), dtype=float32]
        Mean square of the windowed frame below about 2.5 kHz.
    """

    f0_hz: np.ndarray
    power: np.ndarray


def track_pitch(waveform: np.ndarray) -> PitchTrack:
    """Track the fundamental frequency from 60 to 500 Hz.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
        At 16 kHz.

    Returns
    -------
    PitchTrack
        With 1 + (n - 800) // 160 frames, at least one.
    """
    padded = np.pad(waveform, (0, max(0, WINDOW - waveform.size)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    found = [_candidates(frames[start : start + _BLOCK]) for start in range(0, len(frames), _BLOCK)]
    hz, strength, power = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return PitchTrack(_best_path(hz, strength, _unvoiced_strength(power)), power)


def loud_reference(values: np.ndarray) -> float:
    """Return the value that 10 frames (0.1 s) reach or exceed [shape=(frames,)]."""
    rank = min(LOUD_FRAMES, len(values))
    return float(np.partition(values, len(values) - rank)[len(values) - rank])


_WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(WINDOW) + 0.5) / WINDOW)).astype(np.float32)
_SLOPE = np.clip((np.fft.rfftfreq(_SIZE, 1 / RATE) - _PASS_HZ) / (_STOP_HZ - _PASS_HZ), 0, 1)
_LOW_PASS = (0.5 + 0.5 * np.cos(np.pi * _SLOPE)).astype(np.float32)
_CORRELATION = scipy.fft.irfft(np.abs(scipy.fft.rfft(_WINDOW.astype(np.float64), 2 * WINDOW)) ** 2)[: _LONGEST + 2]
_WINDOW_CORRELATION = (_CORRELATION / _CORRELATION[0]).astype(np.float32)
_LAGS = np.arange(_SHORTEST, _LONGEST + 1)
# Prefers the shorter of two periods that fit equally well: twice the period fits every periodic sound.
_PREFERENCE = (_OCTAVE * np.log2(RATE / (HIGHEST_HZ * _LAGS))).astype(np.float32)


def _candidates(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Hz and strength [shape=(frames, candidates)], and each frame's power."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    centred *= _WINDOW
    spectrum = scipy.fft.rfft(centred, _SIZE, axis=1)
    power = (np.square(spectrum.real) + np.square(spectrum.imag)) * _LOW_PASS
    correlation = scipy.fft.irfft(power, _SIZE, axis=1)[:, : _LONGEST + 2]
    energy = correlation[:, 0].copy()
    correlation /= np.maximum(energy, 1e-20)[:, None] * _WINDOW_CORRELATION
    before, here, after = (correlation[:, _SHORTEST + shift : _LONGEST + 1 + shift] for shift in (-1, 0, 1))
    peaks = (here > before) & (here >= after) & (here > 0)
    merit = np.where(peaks, here + _PREFERENCE, -np.inf)
    best = np.argpartition(-merit, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    left, top, right = (np.take_along_axis(part, best, axis=1) for part in (before, here, after))
    lags, heights = _refined(left, top, right, _LAGS[best])
    strength = np.where(
        np.take_along_axis(peaks, best, axis=1), heights + _OCTAVE * np.log2(RATE / (HIGHEST_HZ * lags)), -np.inf
    )
    return (RATE / lags).astype(np.float32), strength.astype(np.float32), energy / WINDOW


def _refined(
    before: np.ndarray, here: np.ndarray, after: np.ndarray, lags: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return position and height of the peak of a parabola through three points."""
    bend = np.minimum(before - 2 * here + after, -1e-9)
    shift = np.clip((before - after) / (2 * bend), -0.5, 0.5)
    heights = here - 0.25 * (before - after) * shift
    # Dividing by the window's autocorrelation can lift a peak above 1.
    return lags + shift, np.where(heights > 1, 1 / np.maximum(heights, 1), heights)


def _unvoiced_strength(power: np.ndarray) -> np.ndarray:
    amplitude = np.sqrt(power)
    loud = max(loud_reference(amplitude), 1e-10)
    return np.asarray(_VOICING + np.maximum(0, 2 - (amplitude / loud) * (1 + _VOICING) / _SILENCE))


def _best_path(hz: np.ndarray, strength: np.ndarray, unvoiced: np.ndarray) -> np.ndarray:
    """Return F0 per frame [shape=(frames,)] along the path of the highest score."""
    frames, states = len(hz), _CANDIDATES + 1
    came_from = np.zeros((frames, states), dtype=np.int8)
    every = np.arange(states)
    score = np.append(strength[0], unvoiced[0])
    for at, costs in _transition_costs(hz):
        totals = score[:, None] - costs
        came_from[at] = best = totals.argmax(axis=0)
        score = totals[best, every]
        score[:-1] += strength[at]
        score[-1] += unvoiced[at]
    path = np.zeros(frames, dtype=np.int64)
    path[-1] = score.argmax()
    for at in range(frames - 1, 0, -1):
        path[at - 1] = came_from[at, path[at]]
    voiced = path < _CANDIDATES
    return np.where(voiced, hz[np.arange(frames), np.minimum(path, _CANDIDATES - 1)], 0).astype(np.float32)


def _transition_costs(hz: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield each frame but the first with its costs [shape=(states, states)]."""
    octaves = np.log2(hz)
    for start in range(1, len(hz), _BLOCK):
        now = octaves[start : start + _BLOCK]
        costs = np.full((len(now), _CANDIDATES + 1, _CANDIDATES + 1), _VOICING_CHANGE, dtype=np.float32)
        before = octaves[start - 1 : start - 1 + len(now)]
        costs[:, :-1, :-1] = _OCTAVE_JUMP * np.abs(before[:, :, None] - now[:, None, :])
        costs[:, -1, -1] = 0
        yield from enumerate(costs, start)
