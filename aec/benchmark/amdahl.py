"""Amdahl's law, fitted to the times by number of workers.

References
----------
G. M. Amdahl, Validity of the single processor approach to achieving large scale computing capabilities, 1967.
"""

import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from aec.benchmark.results import AmdahlFit, Measurement

PROJECTED = (4, 8, 16, 32)


def fit_amdahl(repeats: Sequence[Mapping[int, float]], cores: int) -> AmdahlFit | None:
    """Fit T(n) = T(1) (s + (1 - s) / n) to each repeat.

    Parameters
    ----------
    repeats : sequence of mapping of int to float
        Time in seconds by number of workers, in each repeat.
    cores : int
        Larger worker counts are left out of the fit: such workers share cores.

    Returns
    -------
    AmdahlFit or None
        None with fewer than two worker counts.
    """
    counts = sorted({n for repeat in repeats for n in repeat if n <= cores})
    shares = [share for repeat in repeats if (share := _serial_share(repeat, cores)) is not None]
    if len(counts) < 2 or not shares:
        return None
    share = statistics.median(shares)
    fits = 0 < share < 1
    return AmdahlFit(
        serial_share=share,
        low=min(shares),
        high=max(shares),
        counts=tuple(counts),
        projection={n: 1 / (share + (1 - share) / n) for n in PROJECTED if n > cores} if fits else {},
    )


def fit_engine(measurements: Sequence[Measurement], backend: str, cores: int) -> AmdahlFit | None:
    """Fit Amdahl's law to the engine's warm extraction; see `fit_amdahl`.

    Parameters
    ----------
    measurements : sequence of Measurement
    backend : {"threading", "loky"}
        Kind of workers.
    cores : int
    """
    repeats: dict[int, dict[int, float]] = {}
    for row in measurements:
        if (row.version, row.backend, row.stage, row.cold) == ("engine", backend, "extraction", False):
            repeats.setdefault(row.repeat, {})[row.jobs] = row.seconds
    return fit_amdahl(list(repeats.values()), cores)


def _serial_share(seconds: Mapping[int, float], cores: int) -> float | None:
    counts = np.array(sorted(n for n in seconds if n <= cores), dtype=float)
    if len(counts) < 2:
        return None
    # T is linear in 1/n: T = a + b / n, with s = a / (a + b).
    slope, offset = np.polyfit(1 / counts, np.array([seconds[int(n)] for n in counts]), 1)
    return float(np.clip(offset / max(offset + slope, 1e-12), 0, 1))
