"""Decoding of one sound: our WAV reader, then soundfile, then PyAV.

The limits are applied while decoding.
"""

import contextlib
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

from aec.audio.block_reader import ACCEPTED_FORMATS, BlockReader, UnknownFormatError
from aec.audio.levels import LevelMeter, Levels
from aec.audio.soundfile_reader import SoundfileReader
from aec.audio.wave_reader import WaveReader
from aec.errors import AudioDecodeError
from aec.settings import read_settings

AUDIO_EXTENSIONS = frozenset(
    {".wav", ".wave", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64"}
    | {".m4a", ".aac", ".mp4", ".webm", ".mka", ".amr", ".3gp", ".mov"}
)
MIN_SECONDS = 0.1
MIN_RATE, MAX_RATE = 8_000, 96_000
MAX_CHANNELS = 8
# Expectation and remedy by kind of refusal.
_REMEDIES = {
    "empty": (f"accepted are {ACCEPTED_FORMATS}", "Record or export it again"),
    "non_finite": ("finite samples are expected", "Export it again from the program that made it"),
    "silent": (
        "audible speech is expected",
        "Check the microphone or the export, and that two channels do not cancel out",
    ),
    "too_short": (
        f"at least {MIN_SECONDS} s of sound is expected",
        "Use a longer clip; one to five seconds work best",
    ),
    "truncated": ("a complete file is expected", "Copy, download or export it again"),
    "unreadable": (f"accepted are {ACCEPTED_FORMATS}", "Export it as WAV, FLAC or MP3"),
}


@dataclass(frozen=True)
class Limits:
    """Limits of accepted sound: seconds, and megabytes (10^6 bytes) of the file."""

    max_seconds: float = 900.0
    max_mb: float = 25.0

    @classmethod
    def from_environment(cls) -> "Limits":
        """Return the limits of `AEC_MAX_SECONDS` and `AEC_MAX_MB`."""
        settings = read_settings()
        return cls(settings.max_seconds, settings.max_mb)


@dataclass(frozen=True)
class SoundFacts:
    """Facts of a sound file, before any processing.

    Parameters
    ----------
    sampling_rate : int
        In Hz.
    channels : int
    duration_s : float
    container, encoding : str
        For example `WAV` and `PCM_16`.
    decoder : str
        `wave`, `soundfile` or `pyav`.
    levels : Levels or None
        Peak, clipping and digest; None unless requested, because they cost a second pass.
    """

    sampling_rate: int
    channels: int
    duration_s: float
    container: str
    encoding: str
    decoder: str
    levels: Levels | None = None


@dataclass(frozen=True, eq=False)
class Sound:
    """A mono waveform at its native rate.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,), dtype=float32]
        The mean over channels, full scale at 1.
    facts : SoundFacts
    """

    waveform: np.ndarray
    facts: SoundFacts

    @property
    def sampling_rate(self) -> int:
        """Samples per second, in Hz."""
        return self.facts.sampling_rate


def decode(
    source: str | Path | bytes, *, limits: Limits | None = None, name: str | None = None, measure: bool = False
) -> Sound:
    """Decode a file or an upload to a mono waveform.

    Parameters
    ----------
    source : str, Path or bytes
        A file on disk, or the content of one.
    limits : Limits, optional
        Default: those of the environment.
    name : str, optional
        Name of the sound in messages; default the file's name, or "the upload".
    measure : bool
        Also measure `facts.levels`.

    Returns
    -------
    Sound

    Raises
    ------
    AudioDecodeError
        Empty, truncated, not audio, shorter than 0.1 s, all zero, non-finite, or over a limit. `kind` is one of
        missing, empty, unreadable, truncated, unsupported, too_short, too_long, too_large, silent, non_finite.
    """
    title = _title(source, name)
    sound = _read(source, limits or Limits.from_environment(), title, measure)
    refuse_unusable(sound.waveform, sound.sampling_rate, title)
    return sound


def inspect(source: str | Path | bytes, *, limits: Limits | None = None, name: str | None = None) -> SoundFacts:
    """Return the facts and levels of a sound, even of a silent or clipped one.

    Raises
    ------
    AudioDecodeError
        As `decode`, but for `silent`.
    """
    title = _title(source, name)
    sound = _read(source, limits or Limits.from_environment(), title, measure=True)
    try:
        refuse_unusable(sound.waveform, sound.sampling_rate, title)
    except AudioDecodeError as error:
        if error.kind != "silent":
            raise
    return sound.facts


def refuse_unusable(waveform: np.ndarray, sampling_rate: int, title: str) -> None:
    """Raise an error for a waveform without usable features.

    Parameters
    ----------
    waveform : np.ndarray [shape=(n,)]
    sampling_rate : int
        In Hz.
    title : str
        Name of the sound in the message.

    Raises
    ------
    AudioDecodeError
        No samples, under 0.1 s, non-finite samples, or all zero.
    """
    if waveform.size == 0:
        raise _refusal("empty", f"{title} holds no sound")
    if waveform.size < MIN_SECONDS * sampling_rate:
        raise _refusal("too_short", f"{title} lasts {waveform.size / sampling_rate:.3f} s")
    # Minimum and maximum propagate a NaN, and neither needs a copy of a long waveform.
    lowest, highest = float(waveform.min()), float(waveform.max())
    if not np.isfinite(lowest + highest):
        raise _refusal("non_finite", f"{title} holds samples that are no numbers (NaN or infinite)")
    if lowest == highest == 0.0:
        raise _refusal("silent", f"{title} is silent: every sample is zero")


def _refusal(kind: str, got: str) -> AudioDecodeError:
    return AudioDecodeError(got, *_REMEDIES[kind], kind=kind)


def _read(source: str | Path | bytes, limits: Limits, title: str, measure: bool) -> Sound:
    _refuse_size(source, limits, title)
    with _open_reader(source, title) as reader:
        _refuse_shape(reader, limits, title)
        meter = LevelMeter(reader.channels, reader.sampling_rate, reader.full_scale) if measure else None
        mono = [_downmix(block, meter) for block in _limited(reader, limits, title)]
        waveform = mono[0] if len(mono) == 1 else np.concatenate([np.empty(0, np.float32), *mono])
        if reader.announced is not None and waveform.size < reader.announced * 0.999 - 0.02 * reader.sampling_rate:
            raise _refusal(
                "truncated",
                f"{title} is cut off: its header announces {reader.announced / reader.sampling_rate:.2f} s, "
                f"{waveform.size / reader.sampling_rate:.2f} s are there",
            )
        facts = SoundFacts(
            sampling_rate=reader.sampling_rate,
            channels=reader.channels,
            duration_s=waveform.size / reader.sampling_rate,
            container=reader.container,
            encoding=reader.encoding,
            decoder=reader.decoder,
            levels=meter.result() if meter else None,
        )
    return Sound(waveform, facts)


def _refuse_size(source: str | Path | bytes, limits: Limits, title: str) -> None:
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            status = Path(source).stat()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise AudioDecodeError(
                f"{title} cannot be opened ({reason})", "", "Check the path", kind="missing"
            ) from error
        if not stat.S_ISREG(status.st_mode):
            raise AudioDecodeError(f"{title} is not a file", "an audio file is expected", kind="missing")
        size = status.st_size
    if size == 0:
        raise _refusal("empty", f"{title} is empty (0 bytes)")
    if size > limits.max_mb * 1e6:
        raise AudioDecodeError(
            f"{title} has {size / 1e6:.1f} MB",
            f"up to {limits.max_mb:g} MB are accepted",
            "Cut it, or save it as FLAC, Ogg or MP3",
            kind="too_large",
        )


def _open_reader(source: str | Path | bytes, title: str) -> BlockReader:
    readers: tuple[Callable[[Path | BytesIO], BlockReader], ...] = (WaveReader, SoundfileReader)
    for reader in readers:
        with contextlib.suppress(UnknownFormatError):
            return reader(BytesIO(source) if isinstance(source, bytes) else Path(source))
    try:
        # Imported only where soundfile refuses: FFmpeg's libraries take 40 MB and a tenth of a second.
        from aec.audio.pyav_reader import PyavReader

        return PyavReader(source if isinstance(source, bytes) else Path(source).read_bytes())
    except UnknownFormatError as error:
        raise _refusal("unreadable", f"{title} is not audio that can be read ({error})") from error
    except OSError as error:
        raise AudioDecodeError(
            f"{title} cannot be opened ({error.strerror or error})", "", "Check its permissions", kind="missing"
        ) from error


def _refuse_shape(reader: BlockReader, limits: Limits, title: str) -> None:
    rate = reader.sampling_rate
    if not MIN_RATE <= rate <= MAX_RATE:
        raise AudioDecodeError(
            f"{title} has a sampling rate of {rate} Hz",
            f"{MIN_RATE} to {MAX_RATE} Hz are accepted",
            "Export it at 16000, 44100 or 48000 Hz",
            kind="unsupported",
        )
    if not 1 <= reader.channels <= MAX_CHANNELS:
        raise AudioDecodeError(
            f"{title} has {reader.channels} channels",
            f"1 to {MAX_CHANNELS} are accepted",
            "Export it as mono or stereo",
            kind="unsupported",
        )
    if reader.announced is not None and reader.announced > limits.max_seconds * rate:
        raise _too_long(f"lasts {reader.announced / rate:.0f} s", limits, title)


def _limited(reader: BlockReader, limits: Limits, title: str) -> Iterator[np.ndarray]:
    count = 0
    try:
        for block in reader.blocks():
            count += len(block)
            if count > limits.max_seconds * reader.sampling_rate:
                raise _too_long("is longer than that", limits, title)
            yield block
    except UnknownFormatError as error:
        seconds = count / reader.sampling_rate
        got = f"{title} is damaged: decoding stopped after {seconds:.2f} s ({error})"
        raise _refusal("truncated", got) from error


def _too_long(finding: str, limits: Limits, title: str) -> AudioDecodeError:
    return AudioDecodeError(
        f"{title} {finding}",
        f"up to {limits.max_seconds:g} s are accepted",
        "Cut it into shorter clips",
        kind="too_long",
    )


def _downmix(block: np.ndarray, meter: LevelMeter | None) -> np.ndarray:
    if meter is not None:
        meter.add(block)
    if block.shape[1] == 1:
        return block[:, 0]
    # Non-finite samples are refused later, with a message; no warning of numpy before.
    with np.errstate(all="ignore"):
        return np.asarray(np.mean(block, axis=1), dtype=np.float32)


def _title(source: str | Path | bytes, name: str | None) -> str:
    if name is not None:
        return name
    return "the upload" if isinstance(source, bytes) else Path(source).name or str(source)
