"""Reader of plain 16-bit WAV files, the format of nearly every corpus.

libsndfile takes twice as long for it, because it converts sample by sample. Any other file (another encoding, a
stream without a length, an odd header) is left to `SoundfileReader`; both return the same samples, bit for bit.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from aec.audio.block_reader import BlockReader, UnknownFormatError

_BLOCK_VALUES = 1 << 20
_PCM, _EXTENSIBLE = 1, 0xFFFE
# The sub-format PCM of an extensible header: its tag, then the same fourteen bytes in every file.
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")
# In front of the samples stand a few chunks; more would be a strange file.
_MOST_CHUNKS = 32
_HEAD_BYTES = 4096


class _Header(NamedTuple):
    sampling_rate: int
    channels: int
    start: int
    announced: int
    there: int


class WaveReader(BlockReader):
    """An open WAV file of 16-bit samples.

    Parameters
    ----------
    source : Path or BytesIO

    Raises
    ------
    UnknownFormatError
        It is anything else than that.
    """

    decoder = "wave"
    container = "WAV"
    encoding = "PCM_16"
    full_scale = 1 - 2.0**-15

    def __init__(self, source: Path | io.BytesIO) -> None:
        try:
            file = source.open("rb", buffering=0) if isinstance(source, Path) else source
        except OSError as error:
            raise UnknownFormatError(str(error)) from error
        header = _read_header(file)
        if header is None:
            if isinstance(source, Path):
                file.close()
            raise UnknownFormatError("not a plain 16-bit WAV file")
        self._file, self._header = file, header
        self.sampling_rate, self.channels = header.sampling_rate, header.channels
        self.announced: int | None = header.announced

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 blocks of shape (samples, channels)."""
        left = self._header.there
        self._file.seek(self._header.start)
        while left > 0:
            wanted = min(left, max(1, _BLOCK_VALUES // self.channels))
            try:
                values = np.empty((wanted, self.channels), dtype="<i2")
                self._fill(values.data.cast("B"))
                block = values.astype(np.float32)
            except (OSError, MemoryError) as error:
                raise UnknownFormatError(str(error) or "it does not fit into memory") from error
            block *= np.float32(2.0**-15)
            yield block
            left -= wanted

    def _fill(self, room: memoryview) -> None:
        while room:
            count = self._file.readinto(room)
            if not count:
                raise UnknownFormatError("the file became shorter while it was read")
            room = room[count:]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _read_header(file: BinaryIO | io.FileIO) -> _Header | None:
    """Return where the samples of a plain 16-bit WAV file lie, or None.

    References
    ----------
    Microsoft & IBM, Multimedia Programming Interface and Data Specifications 1.0 (1991), RIFF;
    Microsoft, Multiple Channel Audio Data and WAVE Files (2001), the extensible header.
    """
    try:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(_HEAD_BYTES) or b""
    except (OSError, ValueError):
        return None
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    form: tuple[int, int] | None = None
    at = 12
    for _ in range(_MOST_CHUNKS):
        name, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if at + 8 > len(head):
            return None
        if name == b"fmt ":
            form = _read_form(head[at + 8 : at + 8 + length])
        elif name == b"data":
            return _header_of(form, at + 8, length, size)
        at += 8 + length + length % 2
    return None


def _read_form(form: bytes) -> tuple[int, int] | None:
    """Return rate and channels of a format chunk of plain 16-bit samples, or None."""
    if len(form) < 16:
        return None
    tag, channels = int.from_bytes(form[:2], "little"), int.from_bytes(form[2:4], "little")
    rate, align, bits = (int.from_bytes(form[a:b], "little") for a, b in ((4, 8), (12, 14), (14, 16)))
    if tag == _EXTENSIBLE:
        # Valid bits of the 16 and the channel mask stand between; fewer valid bits are left to libsndfile.
        if len(form) < 40 or form[24:40] != _PCM_GUID or int.from_bytes(form[18:20], "little") != 16:
            return None
    elif tag != _PCM:
        return None
    return (rate, channels) if bits == 16 and align == 2 * channels and channels > 0 and rate > 0 else None


def _header_of(form: tuple[int, int] | None, start: int, length: int, size: int) -> _Header | None:
    there = min(length, size - start)
    # Lengths of zero and of nearly the most that the field holds are written by recorders before the length is known.
    if form is None or there <= 0 or length >= 0x7FFFF000:
        return None
    frame = 2 * form[1]
    return _Header(*form, start=start, announced=length // frame, there=there // frame)
