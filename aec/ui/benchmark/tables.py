"""Tables of a benchmark's numbers."""

from collections.abc import Mapping, Sequence

import pandas as pd

from aec.benchmark.results import (
    CLIP_STAGES,
    BenchmarkResult,
    ClipStage,
    Machine,
    MeasuredStage,
    Measurement,
    NetworkSpeed,
    Scores,
    SpeedUp,
    Timeline,
)
from aec.benchmark.settings import VERSIONS
from aec.benchmark.summary import differences, fastest_of_each
from aec.charts.benchmark import STAGE_TITLES

# Reported for the described system, on five emotions of IEMOCAP and an unnamed machine.
_REPORTED = {
    "Extraction, speed-up": ("1", "5.3"),
    "Extraction and training, speed-up": ("1", "4.35"),
    "Peak memory (MB)": ("3,146", "3,632"),
    "Accuracy": ("47.14 %", "46.56 %"),
    "Weighted F1": ("0.46–0.47", "0.46–0.47"),
}


def spread_of(
    measurements: Sequence[Measurement], stage: MeasuredStage, *, cold: bool
) -> dict[str, tuple[float, float]]:
    """Return the shortest and the longest time of a stage in seconds, by title."""
    times: dict[str, list[float]] = {}
    for row in measurements:
        if row.stage == stage and row.cold == cold:
            times.setdefault(row.title, []).append(row.seconds)
    return {title: (min(each), max(each)) for title, each in times.items()}


def time_table(rows: Sequence[SpeedUp]) -> pd.DataFrame:
    """Return time, speed-up, processor time and memory of a stage by version."""
    return pd.DataFrame(
        {
            "Version": row.title,
            "Median (s)": round(row.seconds, 3),
            "Speed-up": round(row.speed_up, 2),
            "Least": round(row.low, 2),
            "Greatest": round(row.high, 2),
            "Processor (s)": round(row.cpu_s, 2),
            "Cores busy": round(row.cpu_s / max(row.seconds, 1e-9), 2),
            "Peak memory (MB)": round(row.peak_memory_mb),
            "Repeats": row.repeats,
        }
        for row in rows
    )


def versions_table(result: BenchmarkResult) -> pd.DataFrame:
    """Return the three versions side by side, each in its fastest configuration."""
    found = {row.title: _figures(result, row) for row in fastest_of_each(result.summary)}
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    table = pd.DataFrame({title: [figures.get(name, "–") for name in names] for title, figures in found.items()})
    table.insert(0, "Figure", names)
    return table


def reported_table() -> pd.DataFrame:
    """Return the figures reported for the described system's two versions."""
    first, final = zip(*_REPORTED.values(), strict=True)
    return pd.DataFrame({"Figure": list(_REPORTED), "First version": first, "Final version": final})


def worker_curves(summary: Sequence[SpeedUp]) -> dict[str, dict[int, float]]:
    """Return the speed-up over one worker by worker count, version and kind.

    Only for versions with at least two counts. One worker of the final version is the first version's loop: joblib
    starts no process for it.
    """
    warm = [row for row in summary if row.stage == "extraction" and not row.cold]
    loop_s = next((row.seconds for row in warm if row.version == "first"), None)
    times: dict[str, dict[int, float]] = {}
    for row in warm:
        if row.version in {"final", "engine"}:
            curve = times.setdefault(f"{VERSIONS[row.version]}, {row.worker_kind}", {})
            curve[row.jobs] = row.seconds
            if row.version == "final" and loop_s is not None:
                curve.setdefault(1, loop_s)
    return {
        title: {count: each[1] / max(seconds, 1e-9) for count, seconds in each.items()}
        for title, each in times.items()
        if 1 in each and len(each) > 1
    }


def scaling_table(curves: Mapping[str, Mapping[int, float]]) -> pd.DataFrame:
    """Return speed-up and efficiency by worker count."""
    rows = [
        {
            "Version": title,
            "Workers": count,
            "Speed-up": round(value, 2),
            "Efficiency (%)": round(100 * value / count),
        }
        for title, curve in curves.items()
        for count, value in sorted(curve.items())
    ]
    return pd.DataFrame(rows)


def stages_table(rows: Sequence[ClipStage]) -> pd.DataFrame:
    """Return the time of each stage of an average clip, by version, and their sum."""
    table = pd.DataFrame({"Stage": [*CLIP_STAGES.values(), "Together"]})
    for version in dict.fromkeys(row.version for row in rows):
        own = {row.stage: row for row in rows if row.version == version}
        title = VERSIONS[version]
        times = [own[stage].ms if stage in own else float("nan") for stage in CLIP_STAGES]
        whole = sum(row.ms for row in own.values())
        table[f"{title} (ms)"] = [round(value, 2) for value in [*times, whole]]
        complete = len(own) == len(CLIP_STAGES)
        shares = [100 * own[stage].share for stage in CLIP_STAGES] if complete else []
        table[f"{title} (%)"] = [round(value) for value in [*shares, 100.0]] if complete else None
    return table


def networks_table(rows: Sequence[NetworkSpeed]) -> pd.DataFrame:
    """Return training speed and losses by setting; a dash for no losses."""

    def share(value: float | None, digits: int = 0) -> str:
        return "–" if value is None else f"{100 * value:.{digits}f}"

    return pd.DataFrame(
        {
            "Setting": row.title,
            "Processes": row.workers,
            "Threads each": row.threads,
            "Clips/s": round(row.samples_per_s, 1),
            "Efficiency (%)": share(row.efficiency),
            "Exchange (%)": share(row.exchange_share, 1),
            "Idle (%)": share(row.idle_share),
            "Range": f"{row.low:.1f}–{row.high:.1f}",
            "A step (ms)": round(1000 * row.step_s),
        }
        for row in rows
    )


def comparison_table(results: Mapping[str, BenchmarkResult], stage: MeasuredStage) -> pd.DataFrame:
    """Return machine, time, speed-up, memory and accuracy by result and version.

    Parameters
    ----------
    results : mapping of str to BenchmarkResult
        By title; the first is the one that the others are compared with.
    stage : {"extraction", "training", "total"}
    """
    base = next(iter(results.values()))
    rows = []
    for title, result in results.items():
        differs = ", ".join(differences(result, base)) or "–"
        accuracy = {scores.version: f"{100 * scores.accuracy:.1f}" for scores in result.parity.scores}
        rows += [
            {
                "Result": title,
                "Version": row.title,
                "Median (s)": round(row.seconds, 2),
                "Speed-up": round(row.speed_up, 2),
                "Range": f"{row.low:.2f}–{row.high:.2f}",
                "Peak memory (MB)": round(row.peak_memory_mb),
                "Accuracy (%)": accuracy.get(row.version, "–"),
                "Clips": result.clips,
                "Cores": result.machine.cores,
                "Machine": result.machine.processor or "–",
                "Differs in": differs,
            }
            for row in fastest_of_each(result.summary, stage)
        ]
    return pd.DataFrame(rows)


def f1_table(scores: Sequence[Scores]) -> pd.DataFrame:
    """Return the F1 of every emotion by version, and the overall figures."""
    rows = []
    for row in scores:
        figures = {"Accuracy": row.accuracy, "Weighted F1": row.f1_weighted, "UAR": row.uar, **row.f1}
        rows.append({"Version": VERSIONS[row.version], **{k: round(v, 3) for k, v in figures.items()}})
    return pd.DataFrame(rows)


def memory_table(timelines: Sequence[Timeline]) -> pd.DataFrame:
    """Return the peak memory of each version: private, mapped from files, and both."""
    rows = []
    for line in timelines:
        both = line.memory_mb
        if both:
            peak = both.index(max(both))
            own, mapped = line.anonymous_mb[peak], line.file_mb[peak]
            rows.append({"Version": line.title, "Peak (MB)": max(both), "Own (MB)": own, "Mapped files (MB)": mapped})
    return pd.DataFrame(rows).round(0)


def machine_table(machine: Machine) -> pd.DataFrame:
    """Return the machine as names and values."""
    rows: dict[str, object] = {
        "Processor": machine.processor,
        "Usable cores": machine.cores,
        "Cores in all": machine.cores_in_all,
        "Memory (MB)": machine.memory_mb,
        "Memory limit (MB)": machine.memory_limit_mb or "none",
        "System": machine.system,
        "Python": machine.python,
        **{f"Version of {name}": text for name, text in machine.libraries.items()},
        **machine.thread_settings,
    }
    for pool in machine.blas:
        rows[f"Linear algebra ({pool.library})"] = f"{pool.version}, {pool.threads} threads by default"
    return pd.DataFrame({"Name": list(rows), "Value": [str(value) for value in rows.values()]})


def _figures(result: BenchmarkResult, best: SpeedUp) -> dict[str, str]:
    own = {(row.stage, row.cold): row for row in result.summary if row.key == best.key}
    found: dict[str, str] = {}
    for stage, cold in _SHOWN:
        row = own.get((stage, cold))
        if row:
            name = STAGE_TITLES[stage] + (", new process" if cold else "")
            span = "" if row.repeats == 1 else f" ({row.low:.1f}–{row.high:.1f})"
            found[f"{name} (s)"] = f"{row.seconds:.2f}"
            found[f"{name}, speed-up"] = "1" if best.version == "first" else f"{row.speed_up:.2f}{span}"
    found["Peak memory (MB)"] = f"{max(row.peak_memory_mb for row in own.values()):,.0f}"
    found["Extraction, processor time (s)"] = f"{best.cpu_s:.2f}"
    for scores in result.parity.scores:
        if scores.version == best.version:
            found["Accuracy"] = f"{scores.accuracy:.1%}".replace("%", " %")
            found["Weighted F1"] = f"{scores.f1_weighted:.2f}"
    if best.version in result.parity.largest_difference:
        difference = result.parity.largest_difference[best.version]
        found["Largest feature difference"] = "not a number" if difference is None else f"{difference:.1g}"
    return found


_SHOWN: tuple[tuple[MeasuredStage, bool], ...] = (
    ("extraction", False),
    ("extraction", True),
    ("training", False),
    ("total", False),
)
