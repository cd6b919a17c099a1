"""The interface of the readers of sound files: blocks of samples."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Self

import numpy as np

ACCEPTED_FORMATS = "WAV, FLAC, MP3, Ogg (Vorbis, Opus), AIFF, M4A, AAC, MP4, WebM and AMR"


class UnknownFormatError(Exception):
    """A reader cannot read some bytes; the reason is its only argument."""


class BlockReader(ABC):
    """An open sound file, read block by block so that limits hold while decoding.

    Attributes
    ----------
    sampling_rate : int
        In Hz.
    channels : int
    announced : int or None
        Samples per channel by the header; None where it makes no promise.
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

    @abstractmethod
    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 blocks [shape=(samples, channels)].

        Raises
        ------
        UnknownFormatError
            The content is damaged.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()
