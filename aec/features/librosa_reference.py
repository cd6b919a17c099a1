"""The engine "librosa": the baseline's features, reference of the fused engine.

`aec.benchmark.baseline` computes the first and the final version's features with it.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile

from aec.audio import decode, refuse_unusable
from aec.errors import AudioDecodeError
from aec.features import FeatureSpec, condition

# Raise it when a change alters the numbers: stored features are then computed anew.
ALGORITHM_VERSION = f"1/librosa-{version('librosa')}"


def extract_file(path: str | Path, spec: FeatureSpec) -> np.ndarray:
    """Decode a file with librosa and return its feature matrix.

    Parameters
    ----------
    path : str or Path
    spec : FeatureSpec

    Returns
    -------
    np.ndarray [shape=(frames, coefficients), dtype=float32]
        Not yet cut or padded.

    Raises
    ------
    AudioDecodeError
        As `aec.audio.decode`.
    """
    return from_waveform(condition(load(Path(path), spec.sampling_rate), spec), spec)


def from_waveform(waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
    """Return the features [shape=(frames, coefficients)] of a waveform."""
    framing: dict[str, Any] = {"n_fft": spec.n_fft, "hop_length": spec.hop_length, "n_mels": spec.n_mels}
    if spec.kind == "mfcc":
        matrix = librosa.feature.mfcc(y=waveform, sr=spec.sampling_rate, n_mfcc=spec.n_mfcc, **framing)
    else:
        matrix = librosa.power_to_db(librosa.feature.melspectrogram(y=waveform, sr=spec.sampling_rate, **framing))
    return np.ascontiguousarray(matrix.T, dtype=np.float32)


def spectrum(waveform: np.ndarray, spec: FeatureSpec) -> np.ndarray:
    """Return the spectra of the frames [shape=(1 + n_fft // 2, frames)]."""
    return np.asarray(librosa.stft(waveform, n_fft=spec.n_fft, hop_length=spec.hop_length))


def load(path: Path, sampling_rate: int | None) -> np.ndarray:
    """Decode a file with librosa and resample it.

    Parameters
    ----------
    path : Path
    sampling_rate : int or None
        In Hz; None for the file's.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]

    Raises
    ------
    AudioDecodeError
        As `aec.audio.decode`.
    """
    try:
        # An open file rather than a path: for a path librosa would fall back on programs beside Python.
        with soundfile.SoundFile(path) as file:
            waveform, rate = librosa.load(file, sr=sampling_rate)
    except (soundfile.SoundFileError, OSError) as error:
        waveform, rate = _load_by_decode(path, sampling_rate, error)
    refuse_unusable(waveform, int(rate), path.name)
    return np.asarray(waveform, dtype=np.float32)


def _load_by_decode(path: Path, sampling_rate: int | None, cause: Exception) -> tuple[np.ndarray, int]:
    try:
        sound = decode(path)
    except AudioDecodeError as error:
        raise error from cause
    if sampling_rate is None:
        return sound.waveform, sound.sampling_rate
    resampled = librosa.resample(sound.waveform, orig_sr=sound.sampling_rate, target_sr=sampling_rate)
    return np.asarray(resampled, dtype=np.float32), sampling_rate
