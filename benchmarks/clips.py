"""Clips for measurements: real clips as mono 16-bit WAV files at 48 kHz.

Equal folders and numbers give the same clips each time.
"""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from pathlib import Path

import numpy as np
import soundfile

from aec.audio import AUDIO_EXTENSIONS, decode, resample

RATE = 48_000


def write_clips(folders: Iterable[str | Path], number: int, target: Path) -> list[Path]:
    """Write some clips of corpora as WAV files.

    Parameters
    ----------
    folders : iterable of str or Path
        Searched with everything below them.
    number : int
        Clips wanted; where there are fewer, all are taken.
    target : Path
        Folder of the files, made where it is missing.

    Returns
    -------
    list of Path
        For equal folders and numbers the same clips in the same order; a smaller number takes the first ones of them.

    Raises
    ------
    SystemExit
        There is no clip at all.
    AudioDecodeError
        A clip cannot be decoded.
    """
    found = [path for folder in folders for path in sorted(Path(folder).rglob("*")) if _is_clip(path)]
    if not found:
        raise SystemExit("There are no clips in these folders.")
    target.mkdir(parents=True, exist_ok=True)
    chosen = np.random.default_rng(0).permutation(len(found))[:number]
    return [_write(found[source], target / f"clip-{row:05d}.wav") for row, source in enumerate(chosen)]


def repeat_clips(paths: Sequence[Path], number: int, target: Path) -> list[Path]:
    """Link clips under further names until there are enough.

    Hard links, or symbolic ones if those are refused.

    Parameters
    ----------
    paths : sequence of Path
    number : int
        Names wanted.
    target : Path
        Folder of the links, made where it is missing.

    Returns
    -------
    list of Path
    """
    target.mkdir(parents=True, exist_ok=True)
    rounds = product(range(math.ceil(number / len(paths))), paths)
    return [_link(path, target / f"{turn:05d}-{path.name}") for turn, path in islice(rounds, number)]


def megabytes(paths: Iterable[Path]) -> float:
    """Return the size of files in 10^6 bytes."""
    return sum(path.stat().st_size for path in paths) / 1e6


def seconds_of_sound(paths: Iterable[Path]) -> float:
    """Return the total duration of clips in seconds."""
    return float(sum(_durations(paths)))


def _durations(paths: Iterable[Path]) -> Iterator[float]:
    for path in paths:
        yield soundfile.info(path).duration


def _is_clip(path: Path) -> bool:
    return path.suffix.lower() in AUDIO_EXTENSIONS and path.is_file()


def _write(source: Path, target: Path) -> Path:
    sound = decode(source)
    soundfile.write(target, resample(sound.waveform, sound.sampling_rate, RATE), RATE, subtype="PCM_16")
    return target


def _link(path: Path, name: Path) -> Path:
    if name.exists():
        return name
    try:
        os.link(path, name)
    except OSError:
        name.symlink_to(path.resolve())
    return name
