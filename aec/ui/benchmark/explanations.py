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
        "A **new process** starts Python and loads its libraries before the first clip. librosa loads much of "
        "itself, and compiles some of it, at its first use. The engine does not need librosa."
    ]
    names: dict[Version, str] = {"first": "the first version", "final": "the final version", "engine": "the engine"}
    starts = {version: start for version in names if (start := _start_s(result, version)) is not None}
    if starts:
        times = _listed([f"{names[version]} {start:.1f} s" for version, start in starts.items()])
        texts.append(f"Here that took {times}, whatever the number of clips.")
    if "final" in starts:
        texts.append(
            "Each **process of the final version** has this cost again, all at the same time. Workers that are "
            "reused for the next call are warm: that is the other figure."
        )
    return texts


def explain_workers(result: BenchmarkResult) -> list[str]:
    """Explain threads in the engine, processes in the baseline, and no CUDA."""
    first, final = fastest(result.summary, "first"), fastest(result.summary, "final")
    engine = fastest(result.summary, "engine")
    threads = (
        "**Threads** share one memory and start quickly, but only one at a time can execute Python code (because of "
        "its global interpreter lock, the GIL). The engine spends its time in compiled code for decoding, resampling "
        "and Fourier transforms, which releases the lock"
    )
    if engine and engine.backend == "threading" and engine.jobs > 1:
        threads += f": {engine.workers} kept {_busy_cores(engine):.1f} cores busy here"
    processes = (
        "**Processes** have a lock each. The described system needs them: librosa returns to Python between many "
        "short steps, and threads would wait for the lock. The cost is a copy of all libraries in every process, and "
        "results that are sent back as bytes"
    )
    if final and first:
        processes += (
            f": the peak of the final version was {final.peak_memory_mb:,.0f} MB here, that of the first version "
            f"{first.peak_memory_mb:,.0f} MB"
        )
    cuda = (
        "**CUDA** does not help here: librosa and scikit-learn compute on the processor only. A clip takes a few "
        "milliseconds, its file is read by the processor, and copying to a graphics card and back would take most of "
        "the time that could be saved."
    )
    return [f"{threads}.", f"{processes}.", cuda]


def explain_scaling(result: BenchmarkResult) -> list[str]:
    """Explain why the speed-up stays below the numbers of workers and of cores."""
    below = (
        "**Below the ideal line**: some work is done once, whatever the number of workers (distributing clips, "
        "collecting results), and by Amdahl’s law that share limits the speed-up. Cores also share memory, caches "
        "and a clock that falls when all are busy. The fitted share includes all these effects."
    )
    cores = result.machine.cores
    above = f"**More workers than cores** share the same {counted(cores, 'core')} and add the cost of switching"
    if over := _beyond_cores(result.summary, cores):
        jobs, gain = over
        above += f": {jobs} workers reached {gain:.2f} times the speed of {counted(cores, 'worker')} here"
        above += "" if gain < _ENOUGH else ", more than that rule allows; cores were idle before, or it is noise"
    return [below, f"{above}."]


def explain_clip_stages(rows: Sequence[ClipStage]) -> list[str]:
    """Explain which stage takes longest, and where the engine saves time."""
    first = {row.stage: row for row in rows if row.version == "first"}
    engine = {row.stage: row for row in rows if row.version == "engine"}
    texts = []
    if engine:
        longest = max(engine.values(), key=lambda row: row.ms)
        texts.append(
            f"Of the engine’s {_total_ms(engine):.1f} ms per clip, most are spent in “{CLIP_STAGES[longest.stage]}” "
            f"({longest.ms:.1f} ms, {percent(longest.share)})."
        )
    if first and engine:
        saved = {stage: first[stage].ms - engine[stage].ms for stage in first if stage in engine}
        if saved and max(saved.values()) > 0:
            most = max(saved, key=saved.__getitem__)
            texts.append(
                f"Compared with the first version’s {_total_ms(first):.1f} ms, it saves most in "
                f"“{CLIP_STAGES[most]}” ({saved[most]:.1f} ms)."
            )
        texts.append(
            "The engine computes block by block in reused memory, so that the numbers stay in a core’s cache, and "
            "multiplies only by mel weights that are not zero. librosa creates whole new matrices at each step."
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
