"""Degradations of sound (noise, reverberation, ...) for robustness tests.

The functions take their strength as an argument, and augmentation uses them too; `DEGRADATIONS` names fixed settings,
which model cards report.

References
----------
ITU-T G.711, Pulse code modulation of voice frequencies, 1988 (mu-law).
R. F. Voss, J. Clarke, "1/f noise" in music: Music from 1/f noise, J. Acoust. Soc. Am. 63, 1978.
J. D. Polack, La transmission de l'énergie sonore dans les salles, 1988 (reverberation as decaying noise).
"""

import io
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy.fft
import soundfile
from scipy.signal import butter, fftconvolve, sosfilt

from aec.audio import resample

_MU = 255.0
_TELEPHONE_HZ = 8_000
_MP3_HZ = 44_100
# With this setting libsndfile writes 48 kbit/s at 44.1 kHz.
_MP3_COMPRESSION = 0.95
# Inaudible below.
_LOWEST_HZ = 20.0

Change = Callable[[np.ndarray, int], tuple[np.ndarray, int]]


@dataclass(frozen=True)
class Degradation:
    """A degradation with fixed settings.

    Parameters
    ----------
    title : str
        For a table.
    change : callable
        From (waveform [shape=(n,), dtype=float32], rate in Hz) to the same two; the rate may change. Deterministic.
    """

    title: str
    change: Change


def degrade(waveform: np.ndarray, sampling_rate: int, name: str) -> tuple[np.ndarray, int]:
    """Apply a degradation to a sound.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    sampling_rate : int
        In Hz.
    name : str
        A key of `DEGRADATIONS`.

    Returns
    -------
    tuple of np.ndarray [shape=(m,), dtype=float32] and int
        The sound and its rate, 8 kHz for `telephone`.
    """
    return DEGRADATIONS[name].change(waveform, sampling_rate)


def quieter(waveform: np.ndarray, by_db: float) -> np.ndarray:
    """Return a sound at a lower level."""
    return np.asarray(waveform * np.float32(10 ** (-by_db / 20)))


def clipped(waveform: np.ndarray, share: float) -> np.ndarray:
    """Return a sound with the loudest `share` of all samples clipped."""
    limit = float(np.quantile(np.abs(waveform), 1 - share))
    return np.clip(waveform, -limit, limit) if limit > 0 else waveform


def with_noise(waveform: np.ndarray, ratio_db: float, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Return a sound with noise.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    ratio_db : float
        Signal-to-noise ratio of the whole sound, by power.
    slope : float
        Exponent of the falling power spectrum: 0 is white, 1 pink, 2 brown.
    rng : np.random.Generator
    """
    if waveform.size == 0:
        return waveform
    # A longer transform than needed: some lengths take a hundred times as long.
    size = scipy.fft.next_fast_len(waveform.size, real=True)
    frequencies = scipy.fft.rfftfreq(size)
    spectrum = rng.standard_normal(frequencies.size) + 1j * rng.standard_normal(frequencies.size)
    spectrum *= np.maximum(frequencies, 1 / size) ** (-slope / 2)
    spectrum[0] = 0
    noise = scipy.fft.irfft(spectrum, size)[: waveform.size]
    wanted = np.mean(np.square(waveform, dtype=np.float64)) * 10 ** (-ratio_db / 10)
    noise *= math.sqrt(wanted / max(float(np.mean(noise**2)), 1e-30))
    return np.asarray(waveform + noise, dtype=np.float32)


def reverberant(
    waveform: np.ndarray, sampling_rate: int, decay_s: float, direct_db: float, rng: np.random.Generator
) -> np.ndarray:
    """Return a sound with reverberation: the direct sound and decaying noise.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    sampling_rate : int
        In Hz.
    decay_s : float
        RT60: seconds until the reverberation has fallen by 60 dB.
    direct_db : float
        Energy ratio of direct sound to reverberation, in dB.
    rng : np.random.Generator

    Returns
    -------
    np.ndarray [shape=(n + decay,), dtype=float32]
    """
    size = max(1, int(decay_s * sampling_rate))
    times = np.arange(1, size + 1) / sampling_rate
    room = rng.standard_normal(size) * 10 ** (-3 * times / decay_s)
    room *= 10 ** (-direct_db / 20) / math.sqrt(float(np.sum(room**2)))
    impulse_response = np.concatenate([[1.0], room])
    return np.asarray(fftconvolve(waveform, impulse_response), dtype=np.float32)


def band_passed(waveform: np.ndarray, sampling_rate: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Return a sound limited to a band; above half the rate nothing is filtered."""
    half = sampling_rate / 2
    if high_hz < half * 0.99:
        filter_ = butter(4, [max(low_hz, _LOWEST_HZ), high_hz], "bandpass", fs=sampling_rate, output="sos")
    else:
        filter_ = butter(4, max(low_hz, _LOWEST_HZ), "highpass", fs=sampling_rate, output="sos")
    return np.asarray(sosfilt(filter_, waveform), dtype=np.float32)


def mu_law(waveform: np.ndarray) -> np.ndarray:
    """Return a sound quantised by 8-bit mu-law, relative to its own peak."""
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak == 0:
        return waveform
    loud = waveform / peak
    companded = np.sign(loud) * np.log1p(_MU * np.abs(loud)) / math.log1p(_MU)
    steps = np.round((companded + 1) / 2 * _MU) / _MU * 2 - 1
    return (np.sign(steps) * np.expm1(np.abs(steps) * math.log1p(_MU)) / _MU * peak).astype(np.float32)


def telephoned(waveform: np.ndarray, sampling_rate: int) -> tuple[np.ndarray, int]:
    """Return a sound in telephone quality: 300 to 3400 Hz, 8 kHz, mu-law."""
    narrow = band_passed(waveform, sampling_rate, 300.0, 3400.0)
    return mu_law(resample(narrow, sampling_rate, _TELEPHONE_HZ)), _TELEPHONE_HZ


def through_mp3(waveform: np.ndarray, sampling_rate: int) -> tuple[np.ndarray, int]:
    """Return a sound coded as MP3 at 48 kbit/s, 44.1 kHz; some milliseconds longer."""
    loud = resample(waveform, sampling_rate, _MP3_HZ)
    # A file would clip samples above full scale, which is another degradation.
    peak = max(1.0, float(np.abs(loud).max(initial=0.0)))
    file = io.BytesIO()
    soundfile.write(
        file,
        loud / peak,
        _MP3_HZ,
        format="MP3",
        subtype="MPEG_LAYER_III",
        compression_level=_MP3_COMPRESSION,
        bitrate_mode="CONSTANT",
    )
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return np.asarray(decoded * np.float32(peak)), _MP3_HZ


def between_silences(waveform: np.ndarray, sampling_rate: int, seconds: float) -> np.ndarray:
    """Return a sound with digital silence of that length at both ends."""
    return np.pad(waveform, round(seconds * sampling_rate))


def loudest_part(waveform: np.ndarray, sampling_rate: int, seconds: float) -> np.ndarray:
    """Return the excerpt with the most energy; a shorter sound is returned whole."""
    size = round(seconds * sampling_rate)
    if waveform.size <= size:
        return waveform
    energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    start = int(np.argmax(energy[size:] - energy[:-size]))
    return waveform[start : start + size]


def _same_rate(change: Callable[[np.ndarray, int], np.ndarray]) -> Change:
    return lambda waveform, rate: (change(waveform, rate), rate)


def _generator(waveform: np.ndarray) -> np.random.Generator:
    """Return a generator seeded by the waveform's checksum."""
    return np.random.default_rng(zlib.crc32(np.ascontiguousarray(waveform, dtype=np.float32).tobytes()))


DEGRADATIONS: Mapping[str, Degradation] = {
    "quiet": Degradation("30 dB quieter", _same_rate(lambda x, _: quieter(x, 30.0))),
    "clipped": Degradation("5 % of the samples clipped", _same_rate(lambda x, _: clipped(x, 0.05))),
    "noise": Degradation(
        "pink noise, 10 dB below the speech", _same_rate(lambda x, _: with_noise(x, 10.0, 1.0, _generator(x)))
    ),
    "reverberation": Degradation(
        "a room with an RT60 of 0.6 s", _same_rate(lambda x, rate: reverberant(x, rate, 0.6, 0.0, _generator(x)))
    ),
    "telephone": Degradation("telephone: 300-3400 Hz, 8 kHz, mu-law", telephoned),
    "mp3": Degradation("MP3 at 48 kbit/s", through_mp3),
    "silence": Degradation("2 s of silence at both ends", _same_rate(lambda x, rate: between_silences(x, rate, 2.0))),
    "short": Degradation("the loudest 1.5 s alone", _same_rate(lambda x, rate: loudest_part(x, rate, 1.5))),
}
