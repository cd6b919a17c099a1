"""Explanations of a benchmark's times, with the measured numbers."""

from collections.abc import Mapping, Sequence

from aec.benchmark.estimate import measured_rates
from aec.benchmark.results import CLIP_STAGES, BenchmarkResult, ClipStage, ClipStageName, SpeedUp
from aec.benchmark.settings import Version
from aec.benchmark.summary import fastest
from aec.charts.words import counted, percent

# A shorter start cannot be distinguished from noise.
_START_S = 0.05
_ENOUGH = 1.05


def explain_start(result: BenchmarkResult) -> list[str]:
    """Explain the cost of a new process."""
    texts = [
        "A **new process** starts Python and loads its libraries before the first clip. librosa is the heavy one: it "
        "loads much of itself, and compiles some of it, at its first use. The engine does without it."
    ]
    names: dict[Version, str] = {
        "first": "the first version",
        "final": "the final version",
        "engine": "the engine",
    }
    starts = {version: _start_s(result, version) for version in names}
    measured = [f"{names[version]} {start:.1f} s" for version, start in starts.items() if start is not None]
    if measured:
        texts.append(
            f"Here that took {_listed(measured)}, however many clips follow: the fewer clips, the more it counts."
        )
    if starts["final"] is not None:
        texts.append(
            "Each **process of the final version** pays this price again, all at the same time. Workers that are "
            "kept for the next call are warm: that is the other figure."
        )
    return texts


def explain_workers(result: BenchmarkResult) -> list[str]:
    """Explain threads in the engine, processes in the baseline, and no CUDA."""
    first, final = fastest(result.summary, "first"), fastest(result.summary, "final")
    engine = fastest(result.summary, "engine")
    threads = (
        "**Threads** share one memory and start for next to nothing, but Python lets only one of them run Python "
        "code at a time (its lock is called the GIL). The engine’s time is spent in compiled code for decoding, "
        "resampling and Fourier transforms, and that code lets go of the lock"
    )
    if engine and engine.backend == "threading" and engine.jobs > 1:
        threads += f": {engine.workers} kept {_busy_cores(engine):.1f} cores busy here"
    processes = (
        "**Processes** have a lock each. The described system needs them: librosa returns to Python between its many "
        "short steps, and threads would wait for one another there. The price is a copy of all libraries in every "
        "process, and results that are sent back as bytes"
    )
    if final and first:
        processes += (
            f": at its peak the final version held {final.peak_memory_mb:,.0f} MB here, the first version "
            f"{first.peak_memory_mb:,.0f} MB"
        )
    cuda = (
        "**CUDA** is no way here. librosa and scikit-learn compute on the processor and have no path to a graphics "
        "card. And a clip is worked off in a few milliseconds: reading it stays with the processor, and the way to a "
        "card and back would use up most of what is left to gain."
    )
    return [f"{threads}.", f"{processes}.", cuda]


def explain_scaling(result: BenchmarkResult) -> list[str]:
    """Explain why the speed-up stays below the numbers of workers and of cores."""
    texts = [
        "**Below the ideal line**: some work is done once, whatever the number of workers (handing out clips, "
        "collecting results), and by Amdahl’s law that share limits the gain. What the cores have in common slows "
        "them, too: memory, its caches, and a clock that falls when all are busy. The times alone cannot tell "
        "these apart, so the fitted share holds all of them."
    ]
    cores = result.machine.cores
    over = _beyond_cores(result.summary, cores)
    more = f"**More workers than cores** take turns on the same {counted(cores, 'core')} and add their own switching"
    if over:
        jobs, gain = over
        verdict = f"{gain:.2f} times the speed of {counted(cores, 'worker')}"
        more += f": {jobs} workers reached {verdict}"
        more += " here" if gain < _ENOUGH else " here, more than that rule allows; cores that were idle, or noise"
    return [*texts, f"{more}."]


def explain_clip_stages(rows: Sequence[ClipStage]) -> list[str]:
    """Explain which stage takes longest, and where the engine saves time."""
    first = {row.stage: row for row in rows if row.version == "first"}
    engine = {row.stage: row for row in rows if row.version == "engine"}
    texts = []
    if engine:
        longest = max(engine.values(), key=lambda row: row.ms)
        texts.append(
            f"Of the engine’s {_total_ms(engine):.1f} ms a clip, most goes into “{CLIP_STAGES[longest.stage]}” "
            f"({longest.ms:.1f} ms, {percent(longest.share)})."
        )
    if first and engine:
        saved = {stage: first[stage].ms - engine[stage].ms for stage in first if stage in engine}
        if saved and max(saved.values()) > 0:
            most = max(saved, key=saved.__getitem__)
            texts.append(
                f"Against the first version’s {_total_ms(first):.1f} ms it saves most in “{CLIP_STAGES[most]}” "
                f"({saved[most]:.1f} ms)."
            )
        texts.append(
            "The engine works block by block in memory that is used again, so that the numbers stay in a core’s "
            "cache, and multiplies by the few mel weights that are not zero. librosa makes whole new matrices at "
            "each step."
        )
    return texts


def _start_s(result: BenchmarkResult, version: Version) -> float | None:
    rates = [rate for rate in measured_rates(result) if rate.version == version]
    most = max(rates, key=lambda rate: rate.jobs, default=None)
    return most.start_s if most and most.start_s >= _START_S else None


def _busy_cores(row: SpeedUp) -> float:
    return row.cpu_s / max(row.seconds, 1e-9)


def _beyond_cores(summary: Sequence[SpeedUp], cores: int) -> tuple[int, float] | None:
    """Return the largest worker count above the cores, and its relative speed."""
    warm = [row for row in summary if row.version == "engine" and row.stage == "extraction" and not row.cold]
    for backend in ("threading", "loky"):
        seconds = {row.jobs: row.seconds for row in warm if row.backend == backend}
        most = max(seconds, default=0)
        if most > cores and cores in seconds:
            return most, seconds[cores] / max(seconds[most], 1e-9)
    return None


def _total_ms(stages: Mapping[ClipStageName, ClipStage]) -> float:
    return sum(row.ms for row in stages.values())


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
