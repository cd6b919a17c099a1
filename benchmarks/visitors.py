"""Waiting times of one and of twenty visitors, and memory after many predictions.

    python -m benchmarks.visitors [--visitors 20] [--predictions 1000]

Visitors are clients of Streamlit's websocket protocol on a real server. Each uploads new clips of 3 s; the time of a
prediction is from the start of the upload to the message that the script has finished.
"""

import argparse
import asyncio
import io
import statistics
import subprocess
import tempfile
from collections.abc import Iterator

import numpy as np
import soundfile

from aec.system.memory import tree_memory_mb
from benchmarks.dashboard_server import start_server
from benchmarks.streamlit_visitor import Visitor

_SECONDS, _RATE = 3.0, 16_000
_WARM = 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--predictions", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        server, address, _ = start_server(home)
        try:
            asyncio.run(_measure(server, address, arguments.visitors, arguments.predictions))
        finally:
            server.terminate()
            server.wait()


async def _measure(server: "subprocess.Popen[bytes]", address: str, visitors: int, predictions: int) -> None:
    clips = iter(range(10**9))
    async with Visitor(address, "prediction") as one:
        first = await one.predict("first.wav", _clip(next(clips)))
        alone = [await one.predict("clip.wav", _clip(next(clips))) for _ in range(_WARM)]
        _check(one)
    print(f"first answer {1000 * first:.0f} ms")
    print(f"one visitor, warm: {_summary(alone)}")
    crowd = await asyncio.gather(*(_visit(address, clips, 5) for _ in range(visitors)))
    print(f"{visitors} visitors at once: {_summary([seconds for each in crowd for seconds in each])}")
    memory = [tree_memory_mb(server.pid)]
    async with Visitor(address, "prediction") as one:
        for number in range(predictions):
            await one.predict("clip.wav", _clip(next(clips)))
            if (number + 1) % max(1, predictions // 4) == 0:
                memory.append(tree_memory_mb(server.pid))
        _check(one)
    print(f"memory before and during {predictions} answers: {', '.join(f'{each:.0f}' for each in memory)} MB")


async def _visit(address: str, clips: Iterator[int], count: int) -> list[float]:
    async with Visitor(address, "prediction") as visitor:
        times = [await visitor.predict("clip.wav", _clip(next(clips))) for _ in range(count)]
        _check(visitor)
    return times


def _check(visitor: Visitor) -> None:
    if visitor.errors or not visitor.answered:
        raise SystemExit(f"no answer: {visitor.errors or visitor.texts}")


def _clip(number: int) -> bytes:
    """Return 3 s of a voice-like sound that depends on the number, as a WAV file."""
    rng = np.random.default_rng(number)
    times = np.arange(int(_SECONDS * _RATE)) / _RATE
    pitch = rng.uniform(90, 250) * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(0.5, 4) * times))
    phase = 2 * np.pi * np.cumsum(pitch) / _RATE
    voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 20))
    syllables = 0.3 + np.sin(np.pi * rng.uniform(2, 5) * times) ** 2
    file = io.BytesIO()
    soundfile.write(file, 0.1 * voice * syllables + 0.001 * rng.standard_normal(times.size), _RATE, format="WAV")
    return file.getvalue()


def _summary(seconds: list[float]) -> str:
    ordered = sorted(1000 * each for each in seconds)
    return (
        f"median {statistics.median(ordered):.0f} ms, 95 % within {ordered[int(0.95 * (len(ordered) - 1))]:.0f} ms, "
        f"longest {ordered[-1]:.0f} ms ({len(ordered)} answers)"
    )


if __name__ == "__main__":
    main()
