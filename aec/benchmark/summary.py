"""From measurements to findings: speed-ups with their spread, parity, and the one sentence."""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aec.benchmark.settings import VERSIONS

# Features count as equal below that; librosa and our engine differ by rounding alone (float32, decibels).
SAME_FEATURES = 3e-3
_BLOCK = 256

Row = dict[str, Any]


def with_totals(measurements: Sequence[Row]) -> list[Row]:
    """Return the measurements and, where a version was trained, a row `total` of extraction and training."""
    rows = list(measurements)
    trained = {_key(row): row for row in measurements if row["stage"] == "training"}
    for row in measurements:
        training = trained.get(_key(row))
        if row["stage"] == "extraction" and training:
            total = {name: row[name] + training[name] for name in ("seconds", "cpu_s")}
            peak = max(row["peak_memory_mb"], training["peak_memory_mb"])
            rows.append({**row, **total, "peak_memory_mb": peak, "stage": "total"})
    return rows


def speed_ups(rows: Iterable[Row]) -> list[Row]:
    """Return for each version, worker kind and count, stage and warmth how many times faster than the first version.

    Each repeat gives a ratio of two measurements made one after the other; `speed_up` is their median, `low` and
    `high` are the least and the greatest.
    """
    first: dict[tuple[Any, ...], float] = {}
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        where = (row["stage"], row["cold"])
        if row["version"] == "first":
            first[*where, row["repeat"]] = row["seconds"]
        groups.setdefault((row["version"], row["backend"], row["jobs"], *where), []).append(row)
    found = []
    for (version, backend, jobs, stage, cold), group in groups.items():
        ratios = [
            first[stage, cold, row["repeat"]] / max(row["seconds"], 1e-9)
            for row in group
            if (stage, cold, row["repeat"]) in first
        ]
        if not ratios:
            continue
        found.append(
            {
                "version": version,
                "backend": backend,
                "jobs": jobs,
                "stage": stage,
                "cold": cold,
                "speed_up": statistics.median(ratios),
                "low": min(ratios),
                "high": max(ratios),
                "seconds": statistics.median(row["seconds"] for row in group),
                "cpu_s": statistics.median(row["cpu_s"] for row in group),
                "peak_memory_mb": statistics.median(row["peak_memory_mb"] for row in group),
                "repeats": len(group),
            }
        )
    return found


def largest_difference(path: Path, other: Path) -> float | None:
    """Return the largest absolute difference of two .npy files, read block by block.

    Returns
    -------
    float or None
        None where it is no number: the shapes differ, or a value in one of them is not finite.
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


def rates(report: dict[str, Any]) -> list[Row]:
    """Return seconds to start and per clip by version and workers, for the estimate of the next benchmark here."""
    clips = max(1, int(report["clips"]))
    found: dict[tuple[Any, ...], Row] = {}
    for row in report["summary"]:
        key = (row["version"], row["backend"], row["jobs"])
        rate = found.setdefault(key, {"version": key[0], "backend": key[1], "jobs": key[2]})
        if row["stage"] == "extraction" and row["cold"]:
            rate["cold_s"] = row["seconds"]
        elif row["stage"] == "extraction":
            rate["clip_s"] = row["seconds"] / clips
        elif row["stage"] == "training":
            rate["training_clip_s"] = row["seconds"] / clips
    for rate in found.values():
        # What a new process takes longer is its start, whatever the number of clips.
        rate["start_s"] = max(0.0, rate.pop("cold_s", 0.0) - clips * rate.get("clip_s", 0.0))
    return [rate for rate in found.values() if "clip_s" in rate]


def best_row(summary: Sequence[Row], version: str, stage: str = "extraction", *, cold: bool = False) -> Row | None:
    """Return a version's fastest row of a stage, or None."""
    rows = [
        row for row in summary if row["version"] == version and row["stage"] == stage and bool(row["cold"]) == cold
    ]
    return max(rows, key=lambda row: float(row["speed_up"]), default=None)


def sentence(clips: int, cores: int, summary: Sequence[Row], parity: dict[str, Any]) -> str:
    """Say the finding in one sentence."""
    engine, first = best_row(summary, "engine"), best_row(summary, "first")
    if engine is None or first is None:
        return "The first version and the engine were not both measured: there is nothing to compare."
    on = _workers_words(engine, cores)
    times = engine["speed_up"]
    faster = f"{times:.1f} times faster than" if times >= 1.05 else f"at {times:.2f} times the speed of"
    memory = engine["peak_memory_mb"] / max(first["peak_memory_mb"], 1e-9)
    return (
        f"The engine extracts {clips:,} clips in {engine['seconds']:.1f} s, {faster} the first version {on}, "
        f"with {_parity_words(parity)} and {memory:.0%} of the memory."
    )


def _workers_words(engine: Row, cores: int) -> str:
    if engine["jobs"] == cores:
        return "on 1 core" if cores == 1 else f"on {cores} cores"
    kind = "thread" if engine["backend"] == "threading" else "process"
    plural = "" if engine["jobs"] == 1 else {"thread": "s", "process": "es"}[kind]
    return f"with {engine['jobs']} {kind}{plural} on a machine of {cores} cores"


def _parity_words(parity: dict[str, Any]) -> str:
    scores = {row["version"]: row["accuracy"] for row in parity.get("scores", ())}
    if "first" in scores and "engine" in scores:
        points = 100 * (scores["engine"] - scores["first"])
        if abs(points) < 1:
            return "the same accuracy (within a point)"
        return f"{abs(points):.0f} points {'more' if points > 0 else 'less'} accuracy"
    differences = parity.get("largest_difference", {})
    if "engine" not in differences:
        return "features that were not compared"
    same = differences["engine"]
    if same is None:
        return "features that are not all numbers"
    return "the same features" if same <= SAME_FEATURES else f"features that differ by up to {same:.2g}"


def version_title(version: str) -> str:
    """Return a version's name for people."""
    return VERSIONS.get(version, version)


def _key(row: Row) -> tuple[Any, ...]:
    return (row["version"], row["backend"], row["jobs"], row["repeat"])
