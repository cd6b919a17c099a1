"""Variants of a clip: original, augmentations to train on, degradations to test."""

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
from tools.bundled.splits import LABELS

SPEC = NETWORK_SPECS["logmel"]
# Training variants: the original and augmentations.
N_TRAINED = 6
TESTED_VARIANTS = ("clean", *DEGRADATIONS)
# Order in the feature file: original, augmentations, degradations.
N_VARIANTS = N_TRAINED + len(DEGRADATIONS)
# 10 s; the few longer clips are cut. The model reads no more in prediction, either.
_FRAMES = 640
MODEL_SPEC = msgspec.structs.replace(SPEC, max_frames=_FRAMES)
# Saved in the folder; features of another recipe are extracted again.
_RECIPE = 1


def training_rows(clips: np.ndarray) -> np.ndarray:
    """Return rows of the training variants in the file [shape=(clips, N_TRAINED)]."""
    return clips[:, None] * N_VARIANTS + np.arange(N_TRAINED)


def tested_rows(clips: np.ndarray) -> np.ndarray:
    """Return rows of the test variants in the file [shape=(clips, variants)]."""
    variants = np.array([0, *range(N_TRAINED, N_VARIANTS)], dtype=np.int64)
    return clips[:, None] * N_VARIANTS + variants


def variant_features(table: pd.DataFrame, folder: Path) -> tuple[FeatureFile, np.ndarray, np.ndarray]:
    """Return features, lengths and label numbers of all variants of all clips.

    The features are stored in the folder and reused by the next start.
    """
    features = FeatureFile(folder / "sounds.f32", len(table) * N_VARIANTS, _FRAMES, SPEC.coefficients)
    lengths_path, key_path = folder / "lengths.npy", folder / "sounds.json"
    key = {"recipe": _RECIPE, "spec": msgspec.to_builtins(SPEC), "clips": table["digest"].tolist()}
    if not key_path.exists() or json.loads(key_path.read_text(encoding="utf-8")) != key:
        key_path.unlink(missing_ok=True)
        with features.path.open("wb") as file:
            file.truncate(int(np.prod(features.shape)) * 4)
        task = delayed(_extract_variants)
        lengths = Parallel(n_jobs=usable_cores())(
            task(path, number, features) for number, path in enumerate(table["path"])
        )
        np.save(lengths_path, np.concatenate(lengths))
        key_path.write_text(json.dumps(key), encoding="utf-8")
    targets = np.repeat(table["emotion"].map(LABELS.index).to_numpy(dtype=np.int64), N_VARIANTS)
    return features, np.load(lengths_path), targets


def _extract_variants(path: str, number: int, features: FeatureFile) -> np.ndarray:
    """Write the features of all variants of a clip; return their lengths in frames."""
    sound = decode(path)
    matrices = [
        from_waveform(prepare(waveform, rate, SPEC), SPEC)[:_FRAMES] for waveform, rate in _variants(sound, number)
    ]
    features.write_all((number * N_VARIANTS + at, matrix) for at, matrix in enumerate(matrices))
    return np.array([len(matrix) for matrix in matrices], dtype=np.int64)


def _variants(sound: Sound, number: int) -> Iterator[tuple[np.ndarray, int]]:
    waveform, rate = sound.waveform, sound.sampling_rate
    yield waveform, rate
    for variant in range(1, N_TRAINED):
        yield augmented(waveform, rate, np.random.default_rng([number, variant]))
    for name in DEGRADATIONS:
        yield degrade(waveform, rate, name)


def augmented(waveform: np.ndarray, rate: int, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Return a waveform with random room, noise, clipping and channel, or unchanged.

    Strengths are drawn from realistic ranges; the settings of `DEGRADATIONS` are not favoured.
    """
    if rng.random() < 0.25:
        waveform = loudest_part(waveform, rate, rng.uniform(1.2, 2.5))
    if rng.random() < 0.4:
        waveform = reverberant(waveform, rate, rng.uniform(0.15, 0.9), rng.uniform(-2.0, 12.0), rng)
    if rng.random() < 0.5:
        waveform = with_noise(waveform, rng.uniform(5.0, 30.0), rng.uniform(0.0, 2.0), rng)
    if rng.random() < 0.2:
        waveform = clipped(waveform, rng.uniform(0.002, 0.08))
    channel = rng.random()
    if channel < 0.2:
        return telephoned(waveform, rate)
    if channel < 0.35:
        waveform = band_passed(waveform, rate, rng.uniform(50.0, 300.0), rng.uniform(3500.0, 7500.0))
    return waveform, rate
