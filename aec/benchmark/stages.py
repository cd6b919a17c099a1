"""Where the time of one clip goes, stage by stage: the first version's and the engine's, on one core.

Stages that a version does not do one after the other are told apart by measuring a part of the work once more on its
own: the Fourier transforms of a clip's frames are timed alone, and what the features take beyond them is the rest.
"""

import importlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aec.audio import decode
from aec.features import FeatureSpec, fused
from aec.features.conditioning import prepare
from aec.features.engines import ENGINES

# In the order of the way from a file to its features.
STAGES: dict[str, str] = {
    "decode": "Decode",
    "resample": "Resample",
    "fft": "Frames, window, FFT",
    "rest": "Mel, logarithm, DCT",
}
# Versions that are taken apart, each on one core.
TAKEN_APART = ("first", "engine")
MOST_CLIPS = 8
TAKES = 5

Calls = Mapping[str, Callable[[], object]]


def stage_times(version: str, paths: Sequence[str], spec: FeatureSpec, takes: int = TAKES) -> list[dict[str, Any]]:
    """Time the stages of clips, one after the other.

    Parameters
    ----------
    version : {"first", "engine"}
    paths : sequence of str
        Clips, at least one.
    spec : FeatureSpec
    takes : int
        How often each call is timed; its median counts.

    Returns
    -------
    list of dict
        One row per key of `STAGES`: `version`, `stage`, `ms` (the mean over the clips, so that the stages add up),
        `share` (of their sum, 0 to 1), `clips`, `duration_s` (of a clip, on average).

    Raises
    ------
    AudioDecodeError
        A file that is no sound.
    """
    take_apart = _engine_stages if version == "engine" else _first_stages
    each, durations = [], []
    for path in paths:
        sound = decode(path)
        durations.append(sound.waveform.size / sound.sampling_rate)
        each.append(take_apart(path, spec, takes))
    ms = {stage: 1000 * statistics.fmean(one[stage] for one in each) for stage in STAGES}
    whole = max(sum(ms.values()), 1e-9)
    about = {"clips": len(each), "duration_s": round(statistics.fmean(durations), 2)}
    return [
        {"version": version, "stage": stage, "ms": round(value, 4), "share": round(value / whole, 4), **about}
        for stage, value in ms.items()
    ]


def some_of(paths: Sequence[str], most: int = MOST_CLIPS) -> list[str]:
    """Return at most so many clips, spread evenly over all of them."""
    at = np.linspace(0, len(paths) - 1, min(most, len(paths))).round().astype(int)
    return [paths[number] for number in at]


def _engine_stages(path: str, spec: FeatureSpec, takes: int) -> dict[str, float]:
    engine = importlib.import_module(ENGINES["fused"])
    sound = decode(path)
    waveform = prepare(sound.waveform, sound.sampling_rate, spec)
    calls: Calls = {
        "decode": lambda: decode(path),
        "resample": lambda: prepare(sound.waveform, sound.sampling_rate, spec),
        "features": lambda: engine.from_waveform(waveform, spec),
        "fft": _Transforms(waveform, spec),
    }
    return _divided(_medians(calls, takes))


def _first_stages(path: str, spec: FeatureSpec, takes: int) -> dict[str, float]:
    reference = importlib.import_module(ENGINES["librosa"])
    waveform = reference.load(Path(path), spec.sampling_rate)
    calls: Calls = {
        "decode": lambda: reference.load(Path(path), None),
        "both": lambda: reference.load(Path(path), spec.sampling_rate),
        "features": lambda: reference.from_waveform(waveform, spec),
        "fft": lambda: reference.spectrum(waveform, spec),
    }
    found = _medians(calls, takes)
    # librosa decodes and resamples in one call.
    return _divided({**found, "resample": max(0.0, found["both"] - found["decode"])})


def _divided(found: Mapping[str, float]) -> dict[str, float]:
    """Divide the time of the features into that of the transforms and the rest."""
    fft = min(found["fft"], found["features"])
    rest = found["features"] - fft
    return {"decode": found["decode"], "resample": found["resample"], "fft": fft, "rest": rest}


def _medians(calls: Calls, takes: int) -> dict[str, float]:
    # Once before the clock: tables are made at first use.
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(takes):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(each) for name, each in times.items()}


class _Transforms:
    """The windowed Fourier transforms of a waveform's frames, as the engine makes them: in blocks, in kept memory."""

    def __init__(self, waveform: np.ndarray, spec: FeatureSpec) -> None:
        padded = np.pad(np.asarray(waveform, dtype=np.float32), spec.n_fft // 2)
        self._frames = np.lib.stride_tricks.sliding_window_view(padded, spec.n_fft)[:: spec.hop_length]
        self._window, self._space = fused.hann(spec.n_fft), fused.Workspace(spec.n_fft)

    def __call__(self) -> None:
        for start in range(0, len(self._frames), self._space.block):
            fused.spectra(self._frames[start : start + self._space.block], self._window, self._space)
