"""Settings that turn a waveform into frames of coefficients (`FeatureSpec`)."""

from typing import Literal, get_args

import msgspec

from aec.errors import FeatureError

FeatureKind = Literal["mfcc", "logmel"]


class FeatureSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of a feature matrix; the defaults are the baseline's 13 MFCCs.

    It is a part of cards, configurations and reports, and is read with them; unknown settings are refused, as they
    would mean other features.

    Parameters
    ----------
    kind : {"mfcc", "logmel"}
    sampling_rate : int
        Rate in Hz to which every sound is resampled first.
    n_fft, hop_length : int
        Frame and step in samples; frames are centred, the sound padded with zeros, the window a periodic Hann.
    n_mels : int
        Mel bands (Slaney's scale and area normalisation) from 0 Hz to half the sampling rate.
    n_mfcc : int
        Coefficients kept; ignored for "logmel".
    max_frames : int or None
        Every matrix is cut or padded with zeros to that many frames; None: each clip has its own length.
    trim_db : float or None
        Cut leading and trailing frames that are this many dB below the loudest; None: no trimming.
    level_db : float or None
        Scale the sound to this RMS level in dBFS; None: its own level. Recorders set levels by themselves, so a
        model for other microphones needs it.

    Raises
    ------
    FeatureError
        A value that makes no sense, or more than a model file may ask for.

    Examples
    --------
    >>> FeatureSpec(kind="logmel", n_mels=64).coefficients
    64
    """

    kind: FeatureKind = "mfcc"
    sampling_rate: int = 44_100
    n_fft: int = 2048
    hop_length: int = 512
    n_mels: int = 128
    n_mfcc: int = 13
    max_frames: int | None = 500
    trim_db: float | None = None
    level_db: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(FeatureKind):
            raise FeatureError(f"the feature kind is {self.kind!r}", "mfcc or logmel is expected")
        bounds = {
            "sampling_rate": (4_000, 96_000),
            "n_fft": (64, 16_384),
            "hop_length": (16, self.n_fft),
            "n_mels": (4, 512),
            "n_mfcc": (1, self.n_mels),
            "max_frames": (1, 100_000),
            "trim_db": (1, 200),
            "level_db": (-100, 0),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise FeatureError(f"{name} is {value!r}", f"a number from {low} to {high} is expected")

    @property
    def coefficients(self) -> int:
        """Values per frame."""
        return self.n_mfcc if self.kind == "mfcc" else self.n_mels

    @property
    def hop_s(self) -> float:
        """Seconds between two frames."""
        return self.hop_length / self.sampling_rate


DEFAULT_SPECS: dict[str, FeatureSpec] = {
    "mfcc": FeatureSpec(),
    "logmel": FeatureSpec(kind="logmel", sampling_rate=16_000, n_fft=512, hop_length=160, n_mels=64),
}

# For networks: 64 ms frames, fine enough to tell harmonics apart, 24 s at most at once. Silence at the ends would
# only be averaged in, and recorders set levels by themselves.
_SPEECH = FeatureSpec(
    kind="logmel",
    sampling_rate=16_000,
    n_fft=1024,
    hop_length=256,
    n_mels=64,
    n_mfcc=40,
    max_frames=1500,
    trim_db=50.0,
    level_db=-26.0,
)
NETWORK_SPECS: dict[str, FeatureSpec] = {"mfcc": msgspec.structs.replace(_SPEECH, kind="mfcc"), "logmel": _SPEECH}
