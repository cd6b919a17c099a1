"""Time of one clip by stage, for the first version and the engine, on one core.

Stages that a version does not run one after the other are separated by timing a part of the work on its own: the
Fourier transforms of a clip's frames are timed alone, and the remaining time of the features is the rest.
"""

import importlib
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from aec.audio import decode
from aec.benchmark.results import CLIP_STAGES, ClipStage, ClipStageName, StagedVersion
from aec.features import FeatureSpec, fused
from aec.features.conditioning import prepare
from aec.features.engines import ENGINES

MOST_CLIPS = 8
TAKES = 5

Calls = Mapping[str, Callable[[], object]]


def time_clip_stages(
    version: StagedVersion, paths: Sequence[str], spec: FeatureSpec, takes: int = TAKES
) -> list[ClipStage]:
    """Time the stages of clips, one clip after the other.

    Parameters
    ----------
    version : {"first", "engine"}
    paths : sequence of str
        Clips, at least one.
    spec : FeatureSpec
    takes : int
        Number of timings of each call; their median counts.

    Returns
    -------
    list of ClipStage
        One per key of `CLIP_STAGES`, with means over the clips, so that the stages add up.

    Raises
    ------
    AudioDecodeError
        A file that cannot be decoded.
    """
    time_stages = _engine_stages if version == "engine" else _first_stages
    each, durations = [], []
    for path in paths:
        sound = decode(path)
        durations.append(sound.waveform.size / sound.sampling_rate)
        each.append(time_stages(path, spec, takes))
    ms = {stage: 1000 * statistics.fmean(one[stage] for one in each) for stage in CLIP_STAGES}
    whole = max(sum(ms.values()), 1e-9)
    duration_s = round(statistics.fmean(durations), 2)
    return [
        ClipStage(
            version=version,
            stage=stage,
            ms=round(value, 4),
            share=round(value / whole, 4),
            clips=len(each),
            duration_s=duration_s,
        )
        for stage, value in ms.items()
    ]


def evenly_spread(paths: Sequence[str], most: int = MOST_CLIPS) -> list[str]:
    """Return at most `most` clips, spread evenly over all of them."""
    at = np.linspace(0, len(paths) - 1, min(most, len(paths))).round().astype(int)
    return [paths[number] for number in at]


def _engine_stages(path: str, spec: FeatureSpec, takes: int) -> dict[ClipStageName, float]:
    engine = importlib.import_module(ENGINES["fused"])
    sound = decode(path)
    waveform = prepare(sound.waveform, sound.sampling_rate, spec)
    calls: Calls = {
        "decode": lambda: decode(path),
        "resample": lambda: prepare(sound.waveform, sound.sampling_rate, spec),
        "features": lambda: engine.from_waveform(waveform, spec),
        "fft": _Transforms(waveform, spec),
    }
    return _split_features(_medians(calls, takes))


def _first_stages(path: str, spec: FeatureSpec, takes: int) -> dict[ClipStageName, float]:
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
    return _split_features({**found, "resample": max(0.0, found["both"] - found["decode"])})


def _split_features(found: Mapping[str, float]) -> dict[ClipStageName, float]:
    """Split the time of the features into that of the transforms and the rest."""
    fft = min(found["fft"], found["features"])
    rest = found["features"] - fft
    return {"decode": found["decode"], "resample": found["resample"], "fft": fft, "rest": rest}


def _medians(calls: Calls, takes: int) -> dict[str, float]:
    # Once before the timing: tables are computed at first use.
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
    """Windowed Fourier transforms of all frames, in blocks as in the engine."""

    def __init__(self, waveform: np.ndarray, spec: FeatureSpec) -> None:
        padded = np.pad(np.asarray(waveform, dtype=np.float32), spec.n_fft // 2)
        self._frames = np.lib.stride_tricks.sliding_window_view(padded, spec.n_fft)[:: spec.hop_length]
        self._window, self._space = fused.hann(spec.n_fft), fused.Workspace(spec.n_fft)

    def __call__(self) -> None:
        for start in range(0, len(self._frames), self._space.block):
            fused.spectra(self._frames[start : start + self._space.block], self._window, self._space)
