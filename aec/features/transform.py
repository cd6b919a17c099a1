"""Real Fourier transform of many frames into a given array.

`scipy.fft.rfft` allocates its result at each call. At some hundred kilobytes a call the allocator requests fresh
pages every time, which costs a third of the transform itself; numpy's, which takes `out`, is four times slower in
float32. So a private function of scipy is called; where it is missing or has changed, the public one is used.
"""

import numpy as np
import scipy.fft

try:
    from scipy.fft._pocketfft import pypocketfft
except ImportError:
    pypocketfft = None


def rfft(frames: np.ndarray, out: np.ndarray) -> None:
    """Transform each row.

    Parameters
    ----------
    frames : np.ndarray [shape=(n, n_fft), dtype=float32]
    out : np.ndarray [shape=(n, 1 + n_fft // 2), dtype=complex64]
        For the result.
    """
    _transform(frames, out)


def _direct(frames: np.ndarray, out: np.ndarray) -> None:
    pypocketfft.r2c(frames, (1,), True, 0, out, 1)


def _public(frames: np.ndarray, out: np.ndarray) -> None:
    out[...] = scipy.fft.rfft(frames, axis=1)


def _direct_works() -> bool:
    frames = np.linspace(-1, 1, 64, dtype=np.float32).reshape(2, 32)
    out = np.zeros((2, 17), dtype=np.complex64)
    try:
        _direct(frames, out)
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return False
    return bool(np.array_equal(out, scipy.fft.rfft(frames, axis=1)))


_transform = _direct if _direct_works() else _public
