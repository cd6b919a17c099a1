"""How time falls with the number of workers: Amdahl's law, fitted and carried on.

References
----------
G. M. Amdahl, Validity of the single processor approach to achieving large scale computing capabilities, 1967.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

PROJECTED = (4, 8, 16, 32)


def fit_amdahl(repeats: Sequence[Mapping[int, float]], cores: int) -> dict[str, Any] | None:
    """Fit T(n) = T(1) (s + (1 - s) / n) to each repeat.

    Parameters
    ----------
    repeats : sequence of mapping of int to float
        Time by number of workers, in each repeat.
    cores : int
        Counts above it are left out of the fit: workers then take turns.

    Returns
    -------
    dict or None
        `serial_share` (s, the median over the repeats), `low` and `high` (its range), `counts` (the worker counts of
        the fit) and `projection` (speed-up by workers); None with fewer than two counts. The projection is
        empty where a share lies at an end of 0 to 1: such times follow another law, or are noise.
    """
    counts = sorted({n for repeat in repeats for n in repeat if n <= cores})
    shares = [share for repeat in repeats if (share := _share(repeat, cores)) is not None]
    if len(counts) < 2 or not shares:
        return None
    share = statistics.median(shares)
    told = 0 < share < 1
    return {
        "serial_share": share,
        "low": min(shares),
        "high": max(shares),
        "counts": counts,
        "projection": {str(n): 1 / (share + (1 - share) / n) for n in PROJECTED if n > cores} if told else {},
    }


def fit_engine(measurements: Sequence[Mapping[str, Any]], backend: str, cores: int) -> dict[str, Any] | None:
    """Fit Amdahl's law to the engine's warm extraction on one kind of workers; see `fit_amdahl`.

    Parameters
    ----------
    measurements : sequence of mapping
        As a report keeps them.
    backend : {"threading", "loky"}
    cores : int
    """
    wanted = ("engine", backend, "extraction", False)
    repeats: dict[int, dict[int, float]] = {}
    for row in measurements:
        if (row["version"], row["backend"], row["stage"], bool(row["cold"])) == wanted:
            repeats.setdefault(row["repeat"], {})[row["jobs"]] = row["seconds"]
    return fit_amdahl(list(repeats.values()), cores)


def _share(seconds: Mapping[int, float], cores: int) -> float | None:
    counts = np.array(sorted(n for n in seconds if n <= cores), dtype=float)
    if len(counts) < 2:
        return None
    # T is linear in 1/n: T = a + b / n, with s = a / (a + b).
    slope, offset = np.polyfit(1 / counts, np.array([seconds[int(n)] for n in counts]), 1)
    return float(np.clip(offset / max(offset + slope, 1e-12), 0, 1))
