"""Reusable scratch memory per thread: fresh pages cost more than the arithmetic."""

import threading

import numpy as np

# Larger buffers are freed after use (4 MB stay, of each name and thread).
_REUSED_SAMPLES = 1 << 20
_threads = threading.local()


def scratch_buffer(name: str, size: int) -> np.ndarray:
    """Return an uninitialised array that this thread's next call may reuse.

    Parameters
    ----------
    name : str
        Its purpose; buffers of different names never overlap.
    size : int

    Returns
    -------
    np.ndarray [shape=(size,), dtype=float32]
    """
    buffers: dict[str, np.ndarray] = _threads.__dict__.setdefault("buffers", {})
    buffer = buffers.get(name)
    if buffer is None or buffer.size < size:
        buffer = np.empty(size, dtype=np.float32)
        if size <= _REUSED_SAMPLES:
            buffers[name] = buffer
    return buffer[:size]
