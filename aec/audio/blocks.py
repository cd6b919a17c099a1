"""What a decoder offers to the door, whichever library is behind it."""

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol

import numpy as np

ACCEPTED_FORMATS = "WAV, FLAC, MP3, Ogg (Vorbis, Opus), AIFF, M4A, AAC, MP4, WebM and AMR"


class UnknownFormatError(Exception):
    """A decoder cannot read some bytes; the reason is its only argument."""


class BlockReader(Protocol):
    """An open sound that is read block by block, so that caps hold while decoding.

    Attributes
    ----------
    sampling_rate : int
        In Hz.
    channels : int
    announced : int or None
        Samples per channel that the header promises; None where it makes no promise.
    full_scale : float
        The largest magnitude that the encoding can hold.
    container, encoding, decoder : str
    """

    sampling_rate: int
    channels: int
    announced: int | None
    full_scale: float
    container: str
    encoding: str
    decoder: str

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 blocks of shape (samples, channels); raise UnknownFormatError on damage."""
        ...

    def __enter__(self) -> "BlockReader": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
