"""Reader of WAV, FLAC, MP3, Ogg, AIFF and the like, through libsndfile."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from aec.audio.block_reader import BlockReader, UnknownFormatError

# Read in steps, because a header may promise more than memory holds.
_BLOCK_VALUES = 1 << 20
_BITS = {"PCM_U8": 8, "PCM_S8": 8, "ULAW": 14, "ALAW": 13}
# Chunk sizes that recorders write when they stream and do not know the length.
_UNKNOWN_SIZES = {0, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFF, 0xFFFFF000}


class SoundfileReader(BlockReader):
    """An open sound file, read through soundfile.

    Parameters
    ----------
    source : Path or BytesIO

    Raises
    ------
    UnknownFormatError
        libsndfile does not know the format.
    """

    decoder = "soundfile"

    def __init__(self, source: Path | BytesIO) -> None:
        try:
            self._file = soundfile.SoundFile(source)
        except (soundfile.SoundFileError, RuntimeError, TypeError, OSError) as error:
            raise UnknownFormatError(_reason(error)) from error
        self.sampling_rate = int(self._file.samplerate)
        self.channels = int(self._file.channels)
        self.container = str(self._file.format)
        self.encoding = str(self._file.subtype)
        bits = _BITS.get(self.encoding, 16)
        self.full_scale = 1.0 if self.encoding in {"FLOAT", "DOUBLE"} else 1 - 2.0 ** (1 - bits)
        self.announced: int | None = int(self._file.frames)
        if self.container == "MP3":
            # Without an index in the file the length is only an estimate.
            self.announced = None
        elif self.container in {"WAV", "WAVEX", "AIFF"}:
            self.announced = self._announced_by_chunks(source)

    def _announced_by_chunks(self, source: Path | BytesIO) -> int | None:
        # libsndfile shortens a cut file silently; the chunk header has the full length.
        if isinstance(source, BytesIO):
            share = announced_share(BytesIO(source.getvalue()))
        else:
            with source.open("rb") as file:
                share = announced_share(file)
        return None if share is None else int(self._file.frames / share)

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 blocks of shape (samples, channels)."""
        wanted = max(1, _BLOCK_VALUES // self.channels)
        while True:
            try:
                block = self._file.read(wanted, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, RuntimeError, MemoryError) as error:
                raise UnknownFormatError(_reason(error)) from error
            if len(block):
                yield block
            if len(block) < wanted:
                return

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def announced_share(file: BinaryIO) -> float | None:
    """Return the share of the announced sound that the file holds, at most 1.

    Parameters
    ----------
    file : binary file
        RIFF or AIFF, positioned at its start.

    Returns
    -------
    float or None
        None where the header makes no promise (a stream, or another container).

    References
    ----------
    Microsoft & IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991), RIFF;
    Apple, Audio Interchange File Format AIFF-C (1991).
    """
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        order, wanted = "little", b"data"
    elif head[:4] == b"FORM" and head[8:] in {b"AIFF", b"AIFC"}:
        order, wanted = "big", b"SSND"
    else:
        return None
    end = file.seek(0, 2)
    at = 12
    while at + 8 <= end:
        file.seek(at)
        chunk = file.read(8)
        size = int.from_bytes(chunk[4:], "little" if order == "little" else "big")
        if chunk[:4] == wanted:
            there = end - at - 8
            return None if size in _UNKNOWN_SIZES or there <= 0 else min(1.0, there / size)
        at += 8 + size + size % 2
    return None


def _reason(error: BaseException) -> str:
    text = str(error).removeprefix("Error : ").strip()
    # libsndfile's message begins with the opened object, which does not help the user.
    return text.rsplit(": ", 1)[-1].rstrip(".") or type(error).__name__
