"""Synthetic sounds for tests."""

import numpy as np


def speechlike(seconds: float = 1.0, rate: int = 16_000, seed: int = 0, channels: int = 1) -> np.ndarray:
    """Harmonics with a syllable rhythm and some noise [shape=(n, channels)]."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.7 * t + seed)) / rate
    voice = sum(np.sin(k * pitch) / k for k in range(1, 12))
    rhythm = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * t)
    sound = 0.08 * voice * rhythm + 0.003 * rng.standard_normal(t.size)
    return np.repeat(sound[:, None], channels, axis=1)
