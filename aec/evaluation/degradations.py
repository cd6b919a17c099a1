"""What happens to sound on its way from a mouth to a model, with settings that never change.

The parts (noise, reverberation, a narrow band, ...) take their strength as an argument and are what training clips
are varied with; `DEGRADATIONS` names fixed settings of them, and those are what a model card reports.

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
# What libsndfile calls this is 48 kbit/s at 44.1 kHz.
_MP3_COMPRESSION = 0.95
# A room's first 20 Hz are none that anybody hears.
_LOWEST_HZ = 20.0

Change = Callable[[np.ndarray, int], tuple[np.ndarray, int]]


@dataclass(frozen=True)
class Degradation:
    """A change with fixed settings.

    Parameters
    ----------
    title : str
        What it is, in words, for a table.
    change : callable
        From (waveform [shape=(n,), dtype=float32], rate in Hz) to the same two; the rate may be another. Equal sounds
        are changed equally.
    """

    title: str
    change: Change


def degrade(waveform: np.ndarray, sampling_rate: int, name: str) -> tuple[np.ndarray, int]:
    """Change a sound by one of the fixed settings.

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
        The sound and its rate, which is 8 kHz for a telephone.
    """
    return DEGRADATIONS[name].change(waveform, sampling_rate)


def quieter(waveform: np.ndarray, by_db: float) -> np.ndarray:
    """Return a sound at a lower level."""
    return np.asarray(waveform * np.float32(10 ** (-by_db / 20)))


def clipped(waveform: np.ndarray, share: float) -> np.ndarray:
    """Return a sound of which the loudest `share` of all samples are cut off."""
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
        Power falls with frequency to that power: 0 is white, 1 pink, 2 brown.
    rng : np.random.Generator
    """
    if waveform.size == 0:
        return waveform
    # Some more of it than needed: transforms of some lengths take a hundred times as long.
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
    """Return a sound as a room gives it back: the sound itself, and after it noise that dies away.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
    sampling_rate : int
        In Hz.
    decay_s : float
        RT60: seconds until the room's answer is 60 dB down.
    direct_db : float
        How far the direct sound is above the room's answer, by energy.
    rng : np.random.Generator

    Returns
    -------
    np.ndarray [shape=(n + decay,), dtype=float32]
    """
    size = max(1, int(decay_s * sampling_rate))
    times = np.arange(1, size + 1) / sampling_rate
    room = rng.standard_normal(size) * 10 ** (-3 * times / decay_s)
    room *= 10 ** (-direct_db / 20) / math.sqrt(float(np.sum(room**2)))
    answer = np.concatenate([[1.0], room])
    return np.asarray(fftconvolve(waveform, answer), dtype=np.float32)


def band_passed(waveform: np.ndarray, sampling_rate: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Return what is between two frequencies of a sound; a band that the rate does not reach is left alone."""
    half = sampling_rate / 2
    if high_hz < half * 0.99:
        filter_ = butter(4, [max(low_hz, _LOWEST_HZ), high_hz], "bandpass", fs=sampling_rate, output="sos")
    else:
        filter_ = butter(4, max(low_hz, _LOWEST_HZ), "highpass", fs=sampling_rate, output="sos")
    return np.asarray(sosfilt(filter_, waveform), dtype=np.float32)


def mu_law(waveform: np.ndarray) -> np.ndarray:
    """Return a sound through the 8-bit companding of telephones; its peak is brought to full scale and back."""
    peak = float(np.abs(waveform).max(initial=0.0))
    if peak == 0:
        return waveform
    loud = waveform / peak
    companded = np.sign(loud) * np.log1p(_MU * np.abs(loud)) / math.log1p(_MU)
    steps = np.round((companded + 1) / 2 * _MU) / _MU * 2 - 1
    return (np.sign(steps) * np.expm1(np.abs(steps) * math.log1p(_MU)) / _MU * peak).astype(np.float32)


def telephoned(waveform: np.ndarray, sampling_rate: int) -> tuple[np.ndarray, int]:
    """Return a sound as a telephone of the fixed network carries it: 300 to 3400 Hz, at 8 kHz, mu-law."""
    narrow = band_passed(waveform, sampling_rate, 300.0, 3400.0)
    return mu_law(resample(narrow, sampling_rate, _TELEPHONE_HZ)), _TELEPHONE_HZ


def through_mp3(waveform: np.ndarray, sampling_rate: int) -> tuple[np.ndarray, int]:
    """Return a sound written as MP3 at 48 kbit/s and read again, at 44.1 kHz; codecs add some milliseconds."""
    loud = resample(waveform, sampling_rate, _MP3_HZ)
    # What is louder than full scale a file would cut off, which is another degradation.
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
    heard, _ = soundfile.read(file, dtype="float32")
    return np.asarray(heard * np.float32(peak)), _MP3_HZ


def between_silences(waveform: np.ndarray, sampling_rate: int, seconds: float) -> np.ndarray:
    """Return a sound with so much digital silence before it, and as much behind it."""
    return np.pad(waveform, round(seconds * sampling_rate))


def loudest_part(waveform: np.ndarray, sampling_rate: int, seconds: float) -> np.ndarray:
    """Return the stretch of a sound that has the most energy; a shorter sound is returned whole."""
    size = round(seconds * sampling_rate)
    if waveform.size <= size:
        return waveform
    energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    start = int(np.argmax(energy[size:] - energy[:-size]))
    return waveform[start : start + size]


def _same_rate(change: Callable[[np.ndarray, int], np.ndarray]) -> Change:
    return lambda waveform, rate: (change(waveform, rate), rate)


def _dice(waveform: np.ndarray) -> np.random.Generator:
    """Return chance that is another one for every sound, and the same for the same."""
    return np.random.default_rng(zlib.crc32(np.ascontiguousarray(waveform, dtype=np.float32).tobytes()))


DEGRADATIONS: Mapping[str, Degradation] = {
    "quiet": Degradation("30 dB quieter", _same_rate(lambda x, _: quieter(x, 30.0))),
    "clipped": Degradation("5 % of the samples clipped", _same_rate(lambda x, _: clipped(x, 0.05))),
    "noise": Degradation(
        "pink noise, 10 dB below the speech", _same_rate(lambda x, _: with_noise(x, 10.0, 1.0, _dice(x)))
    ),
    "reverberation": Degradation(
        "a room with an RT60 of 0.6 s", _same_rate(lambda x, rate: reverberant(x, rate, 0.6, 0.0, _dice(x)))
    ),
    "telephone": Degradation("telephone: 300-3400 Hz, 8 kHz, mu-law", telephoned),
    "mp3": Degradation("MP3 at 48 kbit/s", through_mp3),
    "silence": Degradation("2 s of silence at both ends", _same_rate(lambda x, rate: between_silences(x, rate, 2.0))),
    "short": Degradation("the loudest 1.5 s alone", _same_rate(lambda x, rate: loudest_part(x, rate, 1.5))),
}
