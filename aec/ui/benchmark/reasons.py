"""Why the figures of a benchmark are as they are: plain sentences, with the measured numbers where there are any."""

from collections.abc import Mapping, Sequence
from typing import Any

from aec.benchmark.stages import STAGES
from aec.benchmark.summary import best_row, rates
from aec.charts.words import counted, percent

Report = Mapping[str, Any]
Row = Mapping[str, Any]
# Below it a start is too short to be told from noise.
_START_S = 0.05
_ENOUGH = 1.05


def start_reasons(report: Report) -> list[str]:
    """Return what a new process costs."""
    said = [
        "A **new process** starts Python and loads its libraries before the first clip. librosa is the heavy one: it "
        "loads much of itself, and compiles some of it, at its first use. The engine does without it."
    ]
    starts = {version: _start_s(report, version) for version in ("first", "final", "engine")}
    names = {"first": "the first version", "final": "the final version", "engine": "the engine"}
    measured = [f"{names[version]} {start:.1f} s" for version, start in starts.items() if start is not None]
    if measured:
        said.append(
            f"Here that took {_listed(measured)}, however many clips follow: the fewer clips, the more it counts."
        )
    if starts["final"] is not None:
        said.append(
            "Each **process of the final version** pays this price again, all at the same time. Workers that are "
            "kept for the next call are warm: that is the other figure."
        )
    return said


def worker_reasons(report: Report) -> list[str]:
    """Return why threads suit the engine, why the described system needed processes, and why CUDA helps neither."""
    engine, final, first = (best_row(report["summary"], version) for version in ("engine", "final", "first"))
    threads = (
        "**Threads** share one memory and start for next to nothing, but Python lets only one of them run Python "
        "code at a time (its lock is called the GIL). The engine’s time is spent in compiled code for decoding, "
        "resampling and Fourier transforms, and that code lets go of the lock"
    )
    if engine and engine["backend"] == "threading" and engine["jobs"] > 1:
        threads += f": {counted(engine['jobs'], 'thread')} kept {_busy(engine):.1f} cores busy here"
    processes = (
        "**Processes** have a lock each. The described system needs them: librosa returns to Python between its many "
        "short steps, and threads would wait for one another there. The price is a copy of all libraries in every "
        "process, and results that are sent back as bytes"
    )
    if final and first:
        processes += (
            f": at its peak the final version held {final['peak_memory_mb']:,.0f} MB here, the first version "
            f"{first['peak_memory_mb']:,.0f} MB"
        )
    cuda = (
        "**CUDA** is no way here. librosa and scikit-learn compute on the processor and have no path to a graphics "
        "card. And a clip is worked off in a few milliseconds: reading it stays with the processor, and the way to a "
        "card and back would use up most of what is left to gain."
    )
    return [f"{threads}.", f"{processes}.", cuda]


def scaling_reasons(report: Report) -> list[str]:
    """Return why the gain stays below the number of workers, and why more workers than cores gain nothing."""
    said = [
        "**Below the ideal line**: some work is done once, whatever the number of workers (handing out clips, "
        "collecting results), and by Amdahl’s law that share limits the gain. What the cores have in common slows "
        "them, too: memory, its caches, and a clock that falls when all are busy. The times alone cannot tell "
        "these apart, so the fitted share holds all of them."
    ]
    cores = int(report["machine"]["cores"])
    over = _beyond_cores(report["summary"], cores)
    more = f"**More workers than cores** take turns on the same {counted(cores, 'core')} and add their own switching"
    if over:
        jobs, gain = over
        verdict = f"{gain:.2f} times the speed of {counted(cores, 'worker')}"
        more += f": {jobs} workers reached {verdict}"
        more += " here" if gain < _ENOUGH else " here, more than that rule allows; cores that were idle, or noise"
    return [*said, f"{more}."]


def stage_reasons(rows: Sequence[Row]) -> list[str]:
    """Return what takes longest, and where the engine saves its time."""
    by_version = {
        version: {row["stage"]: row for row in rows if row["version"] == version} for version in ("first", "engine")
    }
    first, engine = by_version["first"], by_version["engine"]
    said = []
    if engine:
        longest = max(engine.values(), key=lambda row: float(row["ms"]))
        said.append(
            f"Of the engine’s {_total(engine):.1f} ms a clip, most goes into “{STAGES[longest['stage']]}” "
            f"({longest['ms']:.1f} ms, {percent(longest['share'])})."
        )
    if first and engine:
        saved = {stage: first[stage]["ms"] - engine[stage]["ms"] for stage in first if stage in engine}
        if saved and max(saved.values()) > 0:
            most = max(saved, key=saved.__getitem__)
            said.append(
                f"Against the first version’s {_total(first):.1f} ms it saves most in “{STAGES[most]}” "
                f"({saved[most]:.1f} ms)."
            )
        said.append(
            "The engine works block by block in memory that is used again, so that the numbers stay in a core’s "
            "cache, and multiplies by the few mel weights that are not zero. librosa makes whole new matrices at "
            "each step."
        )
    return said


def _start_s(report: Report, version: str) -> float | None:
    found = [row for row in rates(dict(report)) if row["version"] == version]
    jobs = {"first": 1}.get(version, max((row["jobs"] for row in found), default=1))
    start = next((float(row["start_s"]) for row in found if row["jobs"] == jobs), None)
    return start if start is not None and start >= _START_S else None


def _busy(row: Row) -> float:
    return float(row["cpu_s"]) / max(float(row["seconds"]), 1e-9)


def _beyond_cores(summary: Sequence[Row], cores: int) -> tuple[int, float] | None:
    """Return the most workers above the number of cores, and how fast they were against as many as cores."""
    warm = [r for r in summary if r["version"] == "engine" and r["stage"] == "extraction" and not r["cold"]]
    for backend in ("threading", "loky"):
        seconds = {int(row["jobs"]): float(row["seconds"]) for row in warm if row["backend"] == backend}
        most = max(seconds, default=0)
        if most > cores and cores in seconds:
            return most, seconds[cores] / max(seconds[most], 1e-9)
    return None


def _total(stages: Mapping[str, Row]) -> float:
    return sum(float(row["ms"]) for row in stages.values())


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
