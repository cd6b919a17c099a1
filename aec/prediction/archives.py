"""Clips in files, folders and ZIP archives, which are read in memory, with limits."""

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from aec.audio import AUDIO_EXTENSIONS, Limits
from aec.errors import AecError, AudioDecodeError

MAX_ENTRIES = 1000
MAX_TOTAL_MB = 500.0
# Sound hardly shrinks in a ZIP; a larger ratio is a decompression bomb.
MAX_RATIO = 200
# Exceptions of the standard library for damaged, encrypted or unsupported archives.
_DAMAGE = (
    *(zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, IndexError),
    *(struct.error, zlib.error, lzma.LZMAError),
)


@dataclass(frozen=True)
class ClipSource:
    """A clip's name, with its path, its bytes, or the error that prevents reading it."""

    name: str
    source: Path | bytes | AecError


def find_clips(names: list[str], limits: Limits | None = None) -> Iterator[ClipSource]:
    """Yield the clips in files, folders and ZIP archives, in the order given.

    Parameters
    ----------
    names : list of str
    limits : Limits, optional
        Default: those of the environment.
    """
    for name in names:
        path = Path(name)
        # Unlike Path.is_dir, these accept any name; the decoder explains its error.
        if not name:
            yield ClipSource(name, AudioDecodeError("the name is empty", "a file, a folder or a ZIP is expected"))
        elif os.path.isdir(name):  # noqa: PTH112
            yield from _folder(path)
        elif path.suffix.lower() == ".zip" and os.path.isfile(name):  # noqa: PTH113
            bounds = limits or Limits.from_environment()
            yield from clips_in_archive(path, name, bounds, most_clips=MAX_ENTRIES, most_mb=MAX_TOTAL_MB)
        else:
            yield ClipSource(name, path)


def clips_in_archive(
    source: Path | BinaryIO,
    name: str,
    limits: Limits,
    *,
    most_clips: int,
    most_mb: float,
) -> Iterator[ClipSource]:
    """Yield the clips in a ZIP archive, or one entry with the error.

    Names inside an archive are only shown, never used as paths.

    Parameters
    ----------
    source : Path or binary file
    name : str
        Shown name of the archive.
    limits : Limits
        Of each clip.
    most_clips : int
    most_mb : float
        Of all clips when unpacked.
    """
    try:
        with zipfile.ZipFile(source) as opened:
            entries = [entry for entry in opened.infolist() if _is_clip(entry)]
            _refuse_contents(entries, name, most_clips, most_mb)
            for entry in entries:
                yield ClipSource(f"{name}/{entry.filename}", _read(opened, entry, limits))
    except AudioDecodeError as error:
        yield ClipSource(name, error)
    except _DAMAGE as error:
        yield ClipSource(
            name, AudioDecodeError(f"{name} is not a readable ZIP archive ({error})", "", "Pack it again")
        )


def _folder(folder: Path) -> Iterator[ClipSource]:
    found = False
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in AUDIO_EXTENSIONS and not hidden and not path.is_dir():
            found = True
            yield ClipSource(str(path), path)
    if not found:
        yield ClipSource(str(folder), AudioDecodeError(f"{folder} holds no audio file", "", "Name another folder"))


def _is_clip(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = any(part.startswith(".") and part != ".." for part in path.parts) or "__MACOSX" in path.parts
    return not entry.is_dir() and not hidden and path.suffix.lower() in AUDIO_EXTENSIONS


def _refuse_contents(entries: list[zipfile.ZipInfo], name: str, most_clips: int, most_mb: float) -> None:
    if not entries:
        raise AudioDecodeError(f"{name} holds no audio file", "", "Put clips such as WAV or MP3 into it")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > most_clips:
        got, expected = f"{len(entries)} clips", f"up to {most_clips} clips are accepted"
    elif total > most_mb * 1e6:
        got, expected = f"{total / 1e6:.0f} MB when unpacked", f"up to {most_mb:.0f} MB are accepted"
    elif total > MAX_RATIO * max(packed, 1):
        got, expected = f"content that grows {total // max(packed, 1)}-fold", "sound does not shrink that much"
    else:
        return
    raise AudioDecodeError(f"{name} has {got}", expected, "Pack fewer clips, or name a folder", kind="too_large")


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> bytes | AecError:
    most = int(limits.max_mb * 1e6)
    try:
        with opened.open(entry) as file:
            # Sizes in the archive's directory may be false: read at most one byte more than allowed.
            return file.read(most + 1)
    except _DAMAGE as error:
        return AudioDecodeError(f"{entry.filename} cannot be unpacked ({error})", "", "Pack the archive again")
