"""Every clip as the model hears it: as it is, in random versions to learn from, and degraded to be tested on."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from aec.audio import Sound, decode
from aec.evaluation.degradations import (
    DEGRADATIONS,
    band_passed,
    clipped,
    degrade,
    loudest_part,
    reverberant,
    telephoned,
    with_noise,
)
from aec.features import NETWORK_SPECS, from_waveform, prepare
from aec.features.feature_file import FeatureFile
from aec.settings import usable_cores
from tools.bundled.plan import LABELS

SPEC = NETWORK_SPECS["logmel"]
# Versions to learn from: the clip itself and some at random.
LEARNED = 6
TESTED = ("clean", *DEGRADATIONS)
# In the file: the clip itself, the random ones, the degraded ones.
VERSIONS = LEARNED + len(DEGRADATIONS)
# 10 s; longer ones are cut, of which there are hardly any. So the model hears no more at once, either.
_FRAMES = 640
VIEW = msgspec.structs.replace(SPEC, max_frames=_FRAMES)
# Written into the folder, so that other settings are never mixed up with these.
_RECIPE = 1


def learned_rows(clips: np.ndarray) -> np.ndarray:
    """Return where clips lie in the file to be learned from [shape=(clips, LEARNED)]."""
    return clips[:, None] * VERSIONS + np.arange(LEARNED)


def tested_rows(clips: np.ndarray) -> np.ndarray:
    """Return where clips lie in the file to be tested on [shape=(clips, len(TESTED))]."""
    return clips[:, None] * VERSIONS + np.array([0, *range(LEARNED, VERSIONS)])


def heard(table: pd.DataFrame, folder: Path) -> tuple[FeatureFile, np.ndarray, np.ndarray]:
    """Return the features of all versions of all clips, their lengths, and the numbers of their labels.

    They are kept in the folder, and made once.
    """
    features = FeatureFile(folder / "sounds.f32", len(table) * VERSIONS, _FRAMES, SPEC.coefficients)
    lengths_path, key_path = folder / "lengths.npy", folder / "sounds.json"
    key = {"recipe": _RECIPE, "spec": msgspec.to_builtins(SPEC), "clips": table["digest"].tolist()}
    if not key_path.exists() or json.loads(key_path.read_text(encoding="utf-8")) != key:
        key_path.unlink(missing_ok=True)
        with features.path.open("wb") as file:
            file.truncate(int(np.prod(features.shape)) * 4)
        task = delayed(_hear)
        lengths = Parallel(n_jobs=usable_cores())(
            task(path, number, features) for number, path in enumerate(table["path"])
        )
        np.save(lengths_path, np.concatenate(lengths))
        key_path.write_text(json.dumps(key), encoding="utf-8")
    targets = np.repeat(table["emotion"].map(LABELS.index).to_numpy(dtype=np.int64), VERSIONS)
    return features, np.load(lengths_path), targets


def _hear(path: str, number: int, features: FeatureFile) -> np.ndarray:
    """Write all versions of one clip; return their lengths in frames."""
    sound = decode(path)
    matrices = [
        from_waveform(prepare(waveform, rate, SPEC), SPEC)[:_FRAMES] for waveform, rate in _versions(sound, number)
    ]
    features.write_all((number * VERSIONS + at, matrix) for at, matrix in enumerate(matrices))
    return np.array([len(matrix) for matrix in matrices], dtype=np.int64)


def _versions(sound: Sound, number: int) -> Iterator[tuple[np.ndarray, int]]:
    waveform, rate = sound.waveform, sound.sampling_rate
    yield waveform, rate
    for version in range(1, LEARNED):
        yield random_version(waveform, rate, np.random.default_rng([number, version]))
    for name in DEGRADATIONS:
        yield degrade(waveform, rate, name)


def random_version(waveform: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Return a sound as another room, another microphone and another line might give it; now and then unchanged.

    None of the settings of `DEGRADATIONS` is special here: strengths are drawn from ranges that people meet.
    """
    if rng.random() < 0.25:
        waveform = loudest_part(waveform, rate, rng.uniform(1.2, 2.5))
    if rng.random() < 0.4:
        waveform = reverberant(waveform, rate, rng.uniform(0.15, 0.9), rng.uniform(-2.0, 12.0), rng)
    if rng.random() < 0.5:
        waveform = with_noise(waveform, rng.uniform(5.0, 30.0), rng.uniform(0.0, 2.0), rng)
    if rng.random() < 0.2:
        waveform = clipped(waveform, rng.uniform(0.002, 0.08))
    line = rng.random()
    if line < 0.2:
        return telephoned(waveform, rate)
    if line < 0.35:
        waveform = band_passed(waveform, rate, rng.uniform(50.0, 300.0), rng.uniform(3500.0, 7500.0))
    return waveform, rate
