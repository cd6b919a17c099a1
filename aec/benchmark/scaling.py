"""How time falls with the number of workers: Amdahl's law, fitted and carried on.

References
----------
G. M. Amdahl, Validity of the single processor approach to achieving large scale computing capabilities, 1967.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

PROJECTED = (4, 8, 16, 32)


def fit_amdahl(seconds: Mapping[int, float], cores: int) -> dict[str, Any] | None:
    """Fit T(n) = T(1) (s + (1 - s) / n).

    Parameters
    ----------
    seconds : mapping of int to float
        Time by number of workers.
    cores : int
        Counts above it are left out of the fit: workers then take turns.

    Returns
    -------
    dict or None
        `serial_share` (s, 0 to 1), `one_worker_s`, `measured` and `projection` (speed-up by workers); None with
        fewer than two counts.
    """
    counts = np.array(sorted(n for n in seconds if n <= cores), dtype=float)
    if len(counts) < 2:
        return None
    times = np.array([seconds[int(n)] for n in counts])
    # T is linear in 1/n: T = a + b / n, with s = a / (a + b).
    slope, offset = np.polyfit(1 / counts, times, 1)
    share = float(np.clip(offset / max(offset + slope, 1e-12), 0, 1))
    first = float(times[0] * counts[0] / (share * counts[0] + 1 - share))
    return {
        "serial_share": share,
        "one_worker_s": first,
        "measured": {str(n): first / value for n, value in sorted(seconds.items())},
        "projection": {str(n): 1 / (share + (1 - share) / n) for n in PROJECTED if n > cores},
    }
