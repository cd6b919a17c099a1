"""What a feature matrix is: the settings that turn a waveform into frames of coefficients."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from aec.errors import FeatureError

FeatureKind = Literal["mfcc", "logmel"]


def _check(name: str, value: object, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = name in {"trim_db", "level_db"} or isinstance(value, int)
    # Compared as it is: a whole number may be too large to become a float.
    if not (number and whole and low <= value <= high):  # type: ignore[operator]
        raise FeatureError(f"{name} is {value!r}", f"a number from {low:g} to {high:g} is expected")


@dataclass(frozen=True)
class FeatureSpec:
    """How a waveform becomes a matrix of frames; the defaults are the described system's 13 MFCCs.

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
        Every matrix is cut or padded with zeros to that many frames; None keeps each clip's own length.
    trim_db : float or None
        Cut leading and trailing frames that are this many dB below the loudest; None keeps them.
    level_db : float or None
        Scale the sound to this RMS level in dBFS; None keeps its level. Recorders set levels by themselves, so a
        model that meets other microphones wants it.

    Raises
    ------
    FeatureError
        A value that makes no sense, or more than a model file may ask for.
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
        _check("sampling_rate", self.sampling_rate, 4_000, 96_000)
        _check("n_fft", self.n_fft, 64, 16_384)
        _check("hop_length", self.hop_length, 16, self.n_fft)
        _check("n_mels", self.n_mels, 4, 512)
        _check("n_mfcc", self.n_mfcc, 1, self.n_mels)
        if self.max_frames is not None:
            _check("max_frames", self.max_frames, 1, 100_000)
        if self.trim_db is not None:
            _check("trim_db", self.trim_db, 1, 200)
        if self.level_db is not None:
            _check("level_db", self.level_db, -100, 0)

    @property
    def coefficients(self) -> int:
        """Values per frame."""
        return self.n_mfcc if self.kind == "mfcc" else self.n_mels

    @property
    def hop_s(self) -> float:
        """Seconds between two frames."""
        return self.hop_length / self.sampling_rate

    def frames_in(self, n_samples: int) -> int:
        """Return how many frames that many samples at `sampling_rate` give, before cutting or padding."""
        return 1 + n_samples // self.hop_length

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "FeatureSpec":
        """Rebuild from `to_dict`.

        Raises
        ------
        FeatureError
            An unknown field, a value of the wrong type or out of range.
        """
        unknown = set(fields) - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise FeatureError(f"unknown feature settings: {', '.join(sorted(map(str, unknown)))}")
        return cls(**fields)


DEFAULT_SPECS: dict[str, FeatureSpec] = {
    "mfcc": FeatureSpec(),
    "logmel": FeatureSpec(kind="logmel", sampling_rate=16_000, n_fft=512, hop_length=160, n_mels=64),
}

# What the networks hear: 64 ms frames, fine enough to tell harmonics apart, 24 s at most at once. Silence at the ends
# would only be averaged in, and recorders set levels by themselves.
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
NETWORK_SPECS: dict[str, FeatureSpec] = {"mfcc": dataclasses.replace(_SPEECH, kind="mfcc"), "logmel": _SPEECH}
