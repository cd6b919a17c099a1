"""MFCCs of the same real clips by several tools, one thread each on one core.

    python -m benchmarks.peers FOLDER... [--clips 100] [--repeats 5]

From a 48 kHz 16-bit WAV file to a matrix of 13 coefficients at 44.1 kHz (frames of 2048, steps of 512, 128 mel
bands), and once more from the resampled waveform alone. Tools without a decoder of their own use soundfile and soxr
HQ. They take turns, each over all the clips; times are processor times. A tool that is not installed is left out:
benchmarks/requirements.txt lists them all.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import to_builtins

from aec.benchmark.machine import describe_machine
from benchmarks.clips import seconds_of_sound, write_clips
from benchmarks.mfcc_tools import TOOLS, Features, Tool, load
from benchmarks.timing import as_text, markdown, one_core, over, per_clip_ms, ratios, timed_in_turn


def measure(paths: Sequence[Path], repeats: int) -> dict[str, Any]:
    """Time every tool that is installed.

    Parameters
    ----------
    paths : sequence of Path
        Mono WAV files.
    repeats : int

    Returns
    -------
    dict
        JSON types only.
    """
    tools = {name: tool for name, tool in TOOLS.items() if tool.installed()}
    with one_core():
        ready = {name: tool.ready() for name, tool in tools.items()}
        waveforms = [load(path) for path in paths]
        shapes, differences = _shapes_and_differences(tools, ready, waveforms)
        whole = {name: over(_whole(tool, ready[name]), paths) for name, tool in tools.items()}
        files = timed_in_turn(whole, repeats)
        alone = timed_in_turn({name: over(ready[name], waveforms) for name in tools}, repeats)
    rows = [
        {
            "tool": name,
            "version": tool.version(),
            "differs": tool.differs,
            "frames": shapes[name],
            "largest_difference": differences.get(name),
            "ms_per_clip": per_clip_ms(files.seconds[name], len(paths)).rounded(),
            "features_alone_ms": per_clip_ms(alone.seconds[name], len(paths)).rounded(),
            "times_the_engine": ratios(files.seconds[name], files.seconds["engine"]).rounded(),
            "features_alone_times_the_engine": ratios(alone.seconds[name], alone.seconds["engine"]).rounded(),
        }
        for name, tool in tools.items()
    ]
    return {
        "clips": len(paths),
        "sound_s": round(seconds_of_sound(paths), 1),
        "repeats": repeats,
        "share_of_core": round(min(files.share, alone.share), 3),
        "remark": min(files, alone, key=lambda turns: turns.share).remark(),
        "tools": rows,
        "left_out": [name for name in TOOLS if name not in tools],
    }


def _shapes_and_differences(
    tools: dict[str, Tool], ready: dict[str, Features], waveforms: Sequence[np.ndarray]
) -> tuple[dict[str, int], dict[str, float]]:
    """Return the frames of the first clip, and differences from librosa by tool."""
    shapes, differences = {}, {}
    reference = [ready["librosa"](waveform) for waveform in waveforms[:10]]
    for name, tool in tools.items():
        matrices = [ready[name](waveform) for waveform in waveforms[:10]]
        if any(matrix.shape[1] != reference[0].shape[1] or not np.isfinite(matrix).all() for matrix in matrices):
            raise SystemExit(f"{name} does not give 13 finite coefficients")
        shapes[name] = len(matrices[0])
        if tool.same:
            pairs = zip(matrices, reference, strict=True)
            differences[name] = max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
    return shapes, differences


def _whole(tool: Tool, features: Features) -> Callable[[Path], np.ndarray]:
    return tool.from_file or (lambda path: features(load(path)))


def table(found: dict[str, Any]) -> str:
    """Return the figures as a Markdown table with remarks."""
    header = (
        "tool",
        "differences from librosa",
        "file to matrix, ms per clip",
        "times the engine",
        "waveform to matrix, ms per clip",
        "times the engine",
    )
    rows = [
        (
            f"{row['tool']} {row['version']}".strip(),
            row["differs"] + _same(row["largest_difference"]),
            *(as_text(row[name]) for name in ("ms_per_clip", "times_the_engine")),
            *(as_text(row[name]) for name in ("features_alone_ms", "features_alone_times_the_engine")),
        )
        for row in found["tools"]
    ]
    absent = [f"{name} is not installed and was left out." for name in found["left_out"]]
    return "\n".join([markdown(header, rows), "", *absent, found["remark"]])


def _same(difference: float | None) -> str:
    return f" (largest difference {difference:.1g})" if difference else ""


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print a table and its JSON."""
    parser = argparse.ArgumentParser(description="Time the MFCCs of several tools on the same real clips.")
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="real clips")
    parser.add_argument("--clips", type=int, default=100, metavar="N", help="default: 100")
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="default: 5")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(write_clips(arguments.folders, arguments.clips, Path(folder)), arguments.repeats)
    print(table(found))
    print(json.dumps({**found, "machine": to_builtins(describe_machine())}))


if __name__ == "__main__":
    main()
