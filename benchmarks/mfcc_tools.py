"""Tools that compute MFCCs, configured as similarly as possible.

A tool is imported only when it is prepared. Those that do not centre their frames get the waveform with half a frame
of zeros at both ends, so that all compute equally many frames, give or take two.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import scipy.fft
import soundfile
import soxr

from aec.features import FeatureSpec, fused

SPEC = FeatureSpec()
Features = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Tool:
    """A tool that computes MFCCs.

    Parameters
    ----------
    package : str
        Name of its package; empty for our engine and librosa.
    differs : str
        Differences from librosa's computation, in words.
    ready : callable
        Import and prepare the tool; returns a function from a waveform [shape=(n,), dtype=float32] at 44.1 kHz to a
        matrix [shape=(frames, 13)].
    from_file : callable, optional
        From a file to that matrix with the tool's own decoder; otherwise the file is decoded by `load`.
    same : bool
        Whether the numbers equal librosa's up to rounding.
    """

    package: str
    differs: str
    ready: Callable[[], Features]
    from_file: Callable[[Path], np.ndarray] | None = None
    same: bool = False

    def installed(self) -> bool:
        """Return whether the tool is installed."""
        return not self.package or self.version() != ""

    def version(self) -> str:
        """Return the installed version; empty if there is none."""
        try:
            return version(self.package) if self.package else ""
        except PackageNotFoundError:
            return ""


def load(path: Path) -> np.ndarray:
    """Decode a file with soundfile and resample it to 44.1 kHz with soxr HQ.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
    """
    waveform, rate = soundfile.read(path, dtype="float32")
    return np.asarray(soxr.resample(waveform, rate, SPEC.sampling_rate, quality="HQ"), dtype=np.float32)


def _engine() -> Features:
    return lambda waveform: fused.from_waveform(waveform, SPEC)


def _engine_file(path: Path) -> np.ndarray:
    return fused.extract_file(path, SPEC)


def _librosa() -> Features:
    from aec.features import librosa_reference as reference

    return lambda waveform: reference.from_waveform(waveform, SPEC)


def _librosa_file(path: Path) -> np.ndarray:
    from aec.features import librosa_reference as reference

    return reference.extract_file(path, SPEC)


def _torch() -> Features:
    import torch

    torch.set_num_threads(1)
    window = torch.hann_window(SPEC.n_fft)
    mel = torch.from_numpy(fused.mel_basis(SPEC.sampling_rate, SPEC.n_fft, SPEC.n_mels).copy())
    cosines = scipy.fft.dct(np.eye(SPEC.n_mels), type=2, norm="ortho", axis=1)[:, : SPEC.n_mfcc]
    dct = torch.from_numpy(np.ascontiguousarray(cosines, dtype=np.float32))

    @torch.inference_mode()
    def features(waveform: np.ndarray) -> np.ndarray:
        spectrum = torch.stft(
            torch.from_numpy(waveform),
            SPEC.n_fft,
            SPEC.hop_length,
            window=window,
            pad_mode="constant",
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        decibels = 10 * torch.log10(torch.clamp(mel @ power, min=1e-10))
        return np.asarray((torch.maximum(decibels, decibels.max() - 80).T @ dct).numpy())

    return features


def _python_speech_features() -> Features:
    import python_speech_features

    rate = SPEC.sampling_rate
    framing = {"winlen": SPEC.n_fft / rate, "winstep": SPEC.hop_length / rate, "nfft": SPEC.n_fft}
    size = {"numcep": SPEC.n_mfcc, "nfilt": SPEC.n_mels, "winfunc": np.hanning}
    off = {"preemph": 0, "ceplifter": 0, "appendEnergy": False}
    options = {**framing, **size, **off}
    return lambda waveform: np.asarray(python_speech_features.mfcc(_centred(waveform), rate, **options))


def _kaldi() -> Features:
    import kaldi_native_fbank

    options = kaldi_native_fbank.MfccOptions()
    frames, mel = options.frame_opts, options.mel_opts
    frames.samp_freq = SPEC.sampling_rate
    frames.frame_length_ms = 1000 * SPEC.n_fft / SPEC.sampling_rate
    frames.frame_shift_ms = 1000 * SPEC.hop_length / SPEC.sampling_rate
    frames.window_type, frames.snip_edges, frames.remove_dc_offset = "hann", False, False
    frames.dither = frames.preemph_coeff = 0
    mel.num_bins, mel.low_freq, mel.is_librosa = SPEC.n_mels, 0, True
    options.num_ceps, options.use_energy, options.cepstral_lifter = SPEC.n_mfcc, False, 0

    def features(waveform: np.ndarray) -> np.ndarray:
        computer = kaldi_native_fbank.OnlineMfcc(options)
        computer.accept_waveform(SPEC.sampling_rate, waveform.tolist())
        computer.input_finished()
        return np.stack([computer.get_frame(number) for number in range(computer.num_frames_ready)])

    return features


def _audioflux() -> Features:
    import audioflux
    from audioflux.type import (
        SpectralDataType,
        SpectralFilterBankNormalType,
        SpectralFilterBankScaleType,
        SpectralFilterBankStyleType,
    )

    filters = audioflux.BFT(
        num=SPEC.n_mels,
        radix2_exp=SPEC.n_fft.bit_length() - 1,
        samplate=SPEC.sampling_rate,
        slide_length=SPEC.hop_length,
        scale_type=SpectralFilterBankScaleType.MEL,
        style_type=SpectralFilterBankStyleType.SLANEY,
        normal_type=SpectralFilterBankNormalType.BAND_WIDTH,
        data_type=SpectralDataType.POWER,
    )
    cepstrum = audioflux.XXCC(num=SPEC.n_mels)

    def features(waveform: np.ndarray) -> np.ndarray:
        # Real numbers rather than complex ones: its quicker way.
        power = filters.bft(_centred(waveform), result_type=1)
        cepstrum.set_time_length(power.shape[-1])
        return np.asarray(cepstrum.xxcc(power, cc_num=SPEC.n_mfcc).T)

    return features


def _opensmile() -> Features:
    import opensmile

    folder = tempfile.mkdtemp()
    # It reads its recipe from a file, anew for each clip.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    recipe = Path(folder) / "mfcc.conf"
    recipe.write_text(_opensmile_recipe(), encoding="ascii")
    smile = opensmile.Smile(feature_set=str(recipe), feature_level="features", num_workers=1)
    return lambda waveform: np.asarray(smile(_centred(waveform), SPEC.sampling_rate)[0].T)


def _opensmile_recipe() -> str:
    seconds = {"frameSize": SPEC.n_fft / SPEC.sampling_rate, "frameStep": SPEC.hop_length / SPEC.sampling_rate}
    framing = {name: f"{value:.10f}" for name, value in seconds.items()}
    chain: list[tuple[str, str, dict[str, object]]] = [
        ("frames", "cFramer", {**framing, "frameMode": "fixed", "frameCenterSpecial": "left"}),
        ("windowed", "cWindower", {"winFunc": "han"}),
        ("spectrum", "cTransformFFT", {}),
        ("magnitude", "cFFTmagphase", {}),
        ("mel", "cMelspec", {"nBands": SPEC.n_mels, "lofreq": 0, "hifreq": SPEC.sampling_rate // 2, "usePower": 1}),
        ("features", "cMfcc", {"firstMfcc": 0, "lastMfcc": SPEC.n_mfcc - 1, "cepLifter": 0}),
    ]
    head = "[componentInstances:cComponentManager]"
    lines = [head, "instance[dataMemory].type=cDataMemory", r"\{\cm[source{?}:source include config]}", head]
    lines += [f"instance[to_{level}].type={component}" for level, component, _ in chain]
    before = "wave"
    for level, component, options in chain:
        lines += [f"[to_{level}:{component}]", f"reader.dmLevel={before}", f"writer.dmLevel={level}"]
        lines += [f"{name}={value}" for name, value in options.items()]
        before = level
    return "\n".join([*lines, r"\{\cm[sink{?}:include external sink]}", ""])


def _centred(waveform: np.ndarray) -> np.ndarray:
    return np.pad(waveform, SPEC.n_fft // 2)


TOOLS: dict[str, Tool] = {
    "engine": Tool(
        "",
        "nothing; it reads plain WAV itself, and makes of soxr's filter a matrix product",
        _engine,
        _engine_file,
        same=True,
    ),
    "librosa": Tool(
        "librosa",
        "the reference: Slaney's mel, filters of unit area, decibels floored 80 below the loudest, periodic Hann, "
        "orthonormal DCT, centred with zeros; its own loading (soundfile + soxr HQ)",
        _librosa,
        _librosa_file,
        same=True,
    ),
    "torch.stft": Tool("torch", "nothing; mel and DCT matrices are ours, as dense products", _torch, same=True),
    "python_speech_features": Tool(
        "python_speech_features",
        "HTK's mel, filters of unit height, natural logarithm without that floor, symmetric Hann, float64; "
        "pre-emphasis, liftering and energy off; zeros added by us",
        _python_speech_features,
    ),
    "kaldi-native-fbank": Tool(
        "kaldi-native-fbank",
        "Slaney's mel and filters by its switch for librosa's, natural logarithm without that floor, frames half a "
        "step later with mirrored edges; dithering, pre-emphasis, liftering and energy off; gives frame by frame",
        _kaldi,
    ),
    "audioflux": Tool(
        "audioflux",
        "HTK's mel, filters scaled by bandwidth, common logarithm without that floor; no pre-emphasis, no liftering; "
        "zeros added by us",
        _audioflux,
    ),
    "openSMILE": Tool(
        "opensmile",
        "HTK's mel, natural logarithm with its own floor, its own scaling, sound as 16-bit integers; pre-emphasis "
        "and liftering off; its recipe is read anew for each clip; zeros added by us",
        _opensmile,
    ),
}
