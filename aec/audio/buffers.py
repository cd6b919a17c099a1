"""Memory that a thread uses again: for short-lived arrays, fresh pages cost more than the arithmetic in them."""

import threading

import numpy as np

# More than that is given back after use (4 MB are kept, of each name and thread).
_KEPT_SAMPLES = 1 << 20
_threads = threading.local()


def kept_buffer(name: str, size: int) -> np.ndarray:
    """Return an array [shape=(size,), dtype=float32] of any content, valid until this thread asks for it again.

    Parameters
    ----------
    name : str
        Whose it is; buffers of different names are apart.
    size : int
    """
    kept: dict[str, np.ndarray] = _threads.__dict__.setdefault("buffers", {})
    found = kept.get(name)
    if found is None or found.size < size:
        found = np.empty(size, dtype=np.float32)
        if size <= _KEPT_SAMPLES:
            kept[name] = found
    return found[:size]
