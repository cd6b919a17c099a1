"""Findings of a benchmark, computed from its measurements."""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from aec.benchmark.amdahl import fit_engine
from aec.benchmark.network_speed import network_speeds
from aec.benchmark.results import BenchmarkData, BenchmarkResult, MeasuredStage, Measurement, Parity, SpeedUp
from aec.benchmark.settings import Version

# Features count as equal below that difference; librosa and our engine differ by rounding (float32, decibels).
SAME_FEATURES = 3e-3
_BLOCK = 256


def summarise(data: BenchmarkData) -> BenchmarkResult:
    """Return the result that follows from measurements."""
    summary = speed_ups(data.measurements)
    if data.settings is not None:
        backend = data.settings.backends[0]
    else:
        backend = next((row.backend for row in data.measurements if row.version == "engine"), "threading")
    return BenchmarkResult(
        **{
            **msgspec.structs.asdict(data),
            "networks": network_speeds(data.networks),
            "repeats": len({row.repeat for row in data.measurements}),
            "summary": summary,
            "amdahl": fit_engine(data.measurements, backend, data.machine.cores),
            "sentence": sentence(data.clips, data.machine.cores, summary, data.parity),
        }
    )


def with_totals(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Return the measurements with rows `total` of extraction and training."""
    trained = {(*row.key, row.repeat): row for row in measurements if row.stage == "training"}
    totals = [
        msgspec.structs.replace(
            row,
            stage="total",
            seconds=row.seconds + training.seconds,
            cpu_s=row.cpu_s + training.cpu_s,
            peak_memory_mb=max(row.peak_memory_mb, training.peak_memory_mb),
        )
        for row in measurements
        if row.stage == "extraction" and (training := trained.get((*row.key, row.repeat)))
    ]
    return (*measurements, *totals)


def speed_ups(measurements: Iterable[Measurement]) -> tuple[SpeedUp, ...]:
    """Return speed-ups by configuration, stage, and cold or warm start.

    Each repeat gives a ratio of two measurements made one after the other; `speed_up` is their median, `low` and
    `high` are the smallest and the largest.
    """
    first: dict[tuple[MeasuredStage, bool, int], float] = {}
    groups: dict[object, list[Measurement]] = {}
    for row in measurements:
        if row.version == "first":
            first[row.stage, row.cold, row.repeat] = row.seconds
        groups.setdefault((row.key, row.stage, row.cold), []).append(row)
    return tuple(found for group in groups.values() if (found := _speed_up(group, first)))


def _speed_up(group: Sequence[Measurement], first: dict[tuple[MeasuredStage, bool, int], float]) -> SpeedUp | None:
    ratios = [
        first[row.stage, row.cold, row.repeat] / max(row.seconds, 1e-9)
        for row in group
        if (row.stage, row.cold, row.repeat) in first
    ]
    if not ratios:
        return None
    return SpeedUp(
        *group[0].key,
        stage=group[0].stage,
        cold=group[0].cold,
        speed_up=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        seconds=statistics.median(row.seconds for row in group),
        cpu_s=statistics.median(row.cpu_s for row in group),
        peak_memory_mb=statistics.median(row.peak_memory_mb for row in group),
        repeats=len(group),
    )


def fastest(
    summary: Iterable[SpeedUp], version: Version, stage: MeasuredStage = "extraction", *, cold: bool = False
) -> SpeedUp | None:
    """Return a version's fastest configuration for a stage, or None."""
    rows = [row for row in summary if (row.version, row.stage, row.cold) == (version, stage, cold)]
    return max(rows, key=lambda row: row.speed_up, default=None)


def fastest_of_each(summary: Sequence[SpeedUp], stage: MeasuredStage = "extraction") -> list[SpeedUp]:
    """Return the fastest warm configuration of each measured version."""
    versions: tuple[Version, ...] = ("first", "final", "engine")
    return [row for version in versions if (row := fastest(summary, version, stage))]


def largest_difference(path: Path, other: Path) -> float | None:
    """Return the largest absolute difference of two .npy files, read block by block.

    Returns
    -------
    float or None
        None if the shapes differ, or a value in one of them is not finite.
    """
    one, two = np.load(path, mmap_mode="r"), np.load(other, mmap_mode="r")
    if one.shape != two.shape:
        return None
    largest = 0.0
    for start in range(0, len(one), _BLOCK):
        block = np.abs(one[start : start + _BLOCK] - two[start : start + _BLOCK])
        if not np.isfinite(block).all():
            return None
        largest = max(largest, float(block.max(initial=0.0)))
    return largest


def differences(result: BenchmarkData, base: BenchmarkData) -> list[str]:
    """Return the ways in which two results are not comparable.

    Returns
    -------
    list of str
        Of `clips`, `features`, `machine` and `libraries`, in that order; empty if there are none.
    """
    one, two = result.machine, base.machine
    found = {
        "clips": (result.clips, result.duration_s, result.corpora) != (base.clips, base.duration_s, base.corpora),
        # Older results have none; there was one set of features then.
        "features": None not in (result.features, base.features) and result.features != base.features,
        "machine": any(getattr(one, name) != getattr(two, name) for name in _MACHINE),
        "libraries": (one.python, one.libraries) != (two.python, two.libraries),
    }
    return [name for name, differs in found.items() if differs]


_MACHINE = ("processor", "cores", "memory_mb", "system")


def sentence(clips: int, cores: int, summary: Sequence[SpeedUp], parity: Parity) -> str:
    """Return the main finding as one sentence."""
    engine, first = fastest(summary, "engine"), fastest(summary, "first")
    if engine is None or first is None:
        return "The first version and the engine were not both measured: there is nothing to compare."
    times = engine.speed_up
    faster = f"{times:.1f} times faster than" if times >= 1.05 else f"at {times:.2f} times the speed of"
    memory = engine.peak_memory_mb / max(first.peak_memory_mb, 1e-9)
    on = f"with {engine.workers} on a machine of {cores} cores"
    if engine.jobs == cores:
        on = "on 1 core" if cores == 1 else f"on {cores} cores"
    return (
        f"The engine extracts {clips:,} clips in {engine.seconds:.1f} s, {faster} the first version {on}, "
        f"with {_parity_words(parity)} and {memory:.0%} of the memory."
    )


def _parity_words(parity: Parity) -> str:
    accuracy = {scores.version: scores.accuracy for scores in parity.scores}
    if "first" in accuracy and "engine" in accuracy:
        points = 100 * (accuracy["engine"] - accuracy["first"])
        if abs(points) < 1:
            return "the same accuracy (within a point)"
        return f"{abs(points):.0f} points {'more' if points > 0 else 'less'} accuracy"
    if "engine" not in parity.largest_difference:
        return "features that were not compared"
    difference = parity.largest_difference["engine"]
    if difference is None:
        return "features that are not all numbers"
    return "the same features" if difference <= SAME_FEATURES else f"features that differ by up to {difference:.2g}"
