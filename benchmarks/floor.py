"""Time of the engine and of librosa relative to a floor, on one core.

    python -m benchmarks.floor FOLDER... [--clips 60] [--repeats 7]

The floor is the time of the library calls that every engine needs: decode (soundfile), resample to 44.1 kHz (soxr),
multiply every frame by the window, transform it (scipy); once written plainly, once into reused memory, which avoids
the allocation of new pages. FOLDER holds real clips; they are written as 48 kHz 16-bit WAV files first. One core, one
thread; all take turns, each over all the clips; times are processor times.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
import soundfile
import soxr
from msgspec import to_builtins

from aec.benchmark.machine import describe_machine
from aec.features import FeatureSpec, fused
from aec.features import librosa_reference as reference
from aec.features.transform import rfft
from benchmarks.clips import seconds_of_sound, write_clips
from benchmarks.timing import as_text, markdown, one_core, over, per_clip_ms, ratios, timed_in_turn

SPEC = FeatureSpec()
_BLOCK = 32


class Floor:
    """Decode, resample, window and transform a file.

    Parameters
    ----------
    reuse_memory : bool
        Whether the transform writes into reused memory, as in the engine, or into new memory each time, as
        `scipy.fft.rfft` does.
    """

    def __init__(self, *, reuse_memory: bool = False) -> None:
        self._window = fused.hann(SPEC.n_fft)
        self._windowed = np.empty((_BLOCK, SPEC.n_fft), dtype=np.float32)
        self._spectrum = np.empty((_BLOCK, 1 + SPEC.n_fft // 2), dtype=np.complex64)
        self._reuse_memory = reuse_memory

    def __call__(self, path: Path) -> int:
        """Process a file and return the number of transformed frames."""
        waveform, rate = soundfile.read(path, dtype="float32")
        waveform = soxr.resample(waveform, rate, SPEC.sampling_rate, quality="HQ")
        padded = np.pad(waveform, SPEC.n_fft // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, SPEC.n_fft)[:: SPEC.hop_length]
        for start in range(0, len(frames), _BLOCK):
            block = frames[start : start + _BLOCK]
            windowed = np.multiply(block, self._window, out=self._windowed[: len(block)])
            if self._reuse_memory:
                rfft(windowed, self._spectrum[: len(block)])
            else:
                scipy.fft.rfft(windowed, axis=1)
        return len(frames)


def measure(paths: Sequence[Path], repeats: int) -> dict[str, Any]:
    """Time the floor, the engine and librosa over clips.

    Parameters
    ----------
    paths : sequence of Path
        Mono WAV files.
    repeats : int

    Returns
    -------
    dict
        Milliseconds per clip and the ratios of the repeats, JSON types only.
    """
    ways: dict[str, Callable[[Path], object]] = {
        "floor": Floor(),
        "floor, memory reused": Floor(reuse_memory=True),
        "engine": lambda path: fused.extract_file(path, SPEC),
        "librosa": lambda path: reference.extract_file(path, SPEC),
    }
    with one_core():
        for way in ways.values():
            way(paths[0])
        turns = timed_in_turn({name: over(way, paths) for name, way in ways.items()}, repeats)
    seconds = turns.seconds
    return {
        "clips": len(paths),
        "sound_s": round(seconds_of_sound(paths), 1),
        "repeats": repeats,
        "share_of_core": round(turns.share, 3),
        "remark": turns.remark(),
        "ms_per_clip": {name: per_clip_ms(each, len(paths)).rounded() for name, each in seconds.items()},
        "reused/floor": ratios(seconds["floor, memory reused"], seconds["floor"]).rounded(),
        "engine/floor": ratios(seconds["engine"], seconds["floor"]).rounded(),
        "librosa/engine": ratios(seconds["librosa"], seconds["engine"]).rounded(),
        "librosa/floor": ratios(seconds["librosa"], seconds["floor"]).rounded(),
    }


def table(found: dict[str, Any]) -> str:
    """Return the figures as a Markdown table."""
    ms = found["ms_per_clip"]
    rows = [
        ("floor: decode, resample, window, FFT", as_text(ms["floor"]), "1"),
        ("the same, FFT into reused memory", as_text(ms["floor, memory reused"]), as_text(found["reused/floor"])),
        ("engine: the whole MFCCs, one worker", as_text(ms["engine"]), as_text(found["engine/floor"])),
        ("librosa: the whole MFCCs, one thread", as_text(ms["librosa"]), as_text(found["librosa/floor"])),
    ]
    lines = markdown(("one core", "processor ms per clip (least–most)", "times the floor"), rows)
    librosa = f"librosa takes {as_text(found['librosa/engine'])} times as long as the engine."
    return f"{lines}\n\n{librosa} {found['remark']}"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print a table and its JSON."""
    parser = argparse.ArgumentParser(
        description="Compare the engine and librosa with the time of the libraries alone."
    )
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="real clips")
    parser.add_argument("--clips", type=int, default=60, metavar="N", help="default: 60")
    parser.add_argument("--repeats", type=int, default=7, metavar="N", help="default: 7")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(write_clips(arguments.folders, arguments.clips, Path(folder)), arguments.repeats)
    print(table(found))
    print(json.dumps({**found, "machine": to_builtins(describe_machine())}))


if __name__ == "__main__":
    main()
