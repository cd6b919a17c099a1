"""What a full decode tells about one file."""

import os
from typing import NamedTuple

from aec.audio import Limits, SoundFacts, decode, inspect
from aec.errors import AudioDecodeError


class Measured(NamedTuple):
    """Facts about a file's sound; None where it could not be decoded.

    Parameters
    ----------
    failure : str
        The kind of `AudioDecodeError`; empty where the file was decoded.
    detail : str
        The error's message.
    duration_s : float or None
    sampling_rate : int or None
        In Hz.
    channels : int or None
    peak : float or None
        Largest magnitude, full scale at 1; 0 for a sound that is silent once its channels are averaged.
    clipped_runs : int or None
        Places with three or more consecutive samples at full scale.
    digest : str or None
        Equal for equal sound.
    """

    failure: str = ""
    detail: str = ""
    duration_s: float | None = None
    sampling_rate: int | None = None
    channels: int | None = None
    peak: float | None = None
    clipped_runs: int | None = None
    digest: str | None = None


class Stamp(NamedTuple):
    """By what a file is known to be the one that was measured."""

    size: int
    mtime_ns: int
    inode: int


# Names that no file can have get this stamp, which no file has.
NO_STAMP = Stamp(-1, 0, 0)


def stamp_of(path: str) -> Stamp:
    """Return a file's stamp, `NO_STAMP` where there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - 12,798 times
    except (OSError, ValueError):
        return NO_STAMP
    # SQLite's integers are signed; some file systems use all 64 bits.
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino & (2**63 - 1))


def measure(path: str, limits: Limits) -> Measured:
    """Decode a file and return its facts; a file that cannot be decoded is a result too.

    Parameters
    ----------
    path : str
    limits : Limits
    """
    try:
        return _facts(decode(path, limits=limits, measure=True).facts)
    except AudioDecodeError as error:
        if error.kind != "silent":
            return _failed(path, error)
    # `decode` refuses silence; the file's rate and length are still worth knowing.
    try:
        return _facts(inspect(path, limits=limits))._replace(peak=0.0)
    except AudioDecodeError as error:
        return _failed(path, error)


def _failed(path: str, error: AudioDecodeError) -> Measured:
    if error.kind == "missing" and not os.path.lexists(path):
        return Measured("missing", "file not found")
    return Measured(error.kind, error.message)


def _facts(facts: SoundFacts) -> Measured:
    levels = facts.levels
    return Measured(
        duration_s=facts.duration_s,
        sampling_rate=facts.sampling_rate,
        channels=facts.channels,
        peak=levels.peak if levels else None,
        clipped_runs=levels.clipped_runs if levels else None,
        digest=levels.digest if levels else None,
    )
