"""The numbers of a benchmark as tables fit to be read."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from aec.benchmark.comparing import accuracy_of, version_rows, what_differs
from aec.benchmark.networks import setting_of
from aec.benchmark.stages import STAGES
from aec.benchmark.summary import best_row, version_title
from aec.charts.benchmark import STAGE_TITLES, row_title

Row = Mapping[str, Any]
# What the described system reports, on five emotions of IEMOCAP and a machine that is not named.
_REPORTED = {
    "Extraction, speed-up": ("1", "5.3"),
    "Extraction and training, speed-up": ("1", "4.35"),
    "Peak memory (MB)": ("3,146", "3,632"),
    "Accuracy": ("47.14 %", "46.56 %"),
    "Weighted F1": ("0.46–0.47", "0.46–0.47"),
}


def spread_of(measurements: Sequence[Row], stage: str, *, cold: bool) -> dict[str, tuple[float, float]]:
    """Return the shortest and the longest time of a stage in seconds, by title."""
    times: dict[str, list[float]] = {}
    for row in measurements:
        if row["stage"] == stage and bool(row["cold"]) == cold:
            times.setdefault(row_title(row), []).append(float(row["seconds"]))
    return {title: (min(each), max(each)) for title, each in times.items()}


def time_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return a stage's rows: time, speed-up with its range, processor time, efficiency, memory."""
    return pd.DataFrame(
        {
            "Version": [row_title(row) for row in rows],
            "Median (s)": [round(row["seconds"], 3) for row in rows],
            "Speed-up": [round(row["speed_up"], 2) for row in rows],
            "Least": [round(row["low"], 2) for row in rows],
            "Greatest": [round(row["high"], 2) for row in rows],
            "Processor (s)": [round(row["cpu_s"], 2) for row in rows],
            "Cores busy": [round(row["cpu_s"] / max(row["seconds"], 1e-9), 2) for row in rows],
            "Peak memory (MB)": [round(row["peak_memory_mb"]) for row in rows],
            "Repeats": [row["repeats"] for row in rows],
        }
    )


def versions_table(report: Row) -> pd.DataFrame:
    """Return the three versions side by side, each with the workers that extracted fastest."""
    best = [row for version in ("first", "final", "engine") if (row := best_row(report["summary"], version))]
    found = {row_title(row): _figures(report, row) for row in best}
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    table = pd.DataFrame({title: [figures.get(name, "–") for name in names] for title, figures in found.items()})
    table.insert(0, "Figure", names)
    return table


def reported_table() -> pd.DataFrame:
    """Return what the described system reports about its two versions."""
    first, final = zip(*_REPORTED.values(), strict=True)
    return pd.DataFrame({"Figure": list(_REPORTED), "First version": first, "Final version": final})


def worker_curves(summary: Sequence[Row]) -> dict[str, dict[int, float]]:
    """Return the speed-up over one worker by worker count, for each version and kind of worker with two counts.

    One worker of the final version is the first version's loop: joblib makes no process for it.
    """
    times: dict[str, dict[int, float]] = {}
    loop = next((r["seconds"] for r in summary if r["version"] == "first" and _is_warm_extraction(r)), None)
    for row in summary:
        if _is_warm_extraction(row) and row["version"] in {"final", "engine"}:
            kind = "threads" if row["backend"] == "threading" else "processes"
            times.setdefault(f"{version_title(row['version'])}, {kind}", {})[int(row["jobs"])] = float(row["seconds"])
    for title, each in times.items():
        if loop is not None and title.startswith(version_title("final")):
            each.setdefault(1, float(loop))
    return {
        title: {count: each[1] / max(seconds, 1e-9) for count, seconds in each.items()}
        for title, each in times.items()
        if 1 in each and len(each) > 1
    }


def _is_warm_extraction(row: Row) -> bool:
    return row["stage"] == "extraction" and not row["cold"]


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


def stages_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return the time of each stage of an average clip, by version, and all of them together."""
    table = pd.DataFrame({"Stage": [*STAGES.values(), "Together"]})
    for version in dict.fromkeys(row["version"] for row in rows):
        own = {row["stage"]: row for row in rows if row["version"] == version}
        title = version_title(version)
        times = [float(own[stage]["ms"]) if stage in own else float("nan") for stage in STAGES]
        shares = [100 * float(own[stage]["share"]) if stage in own else float("nan") for stage in STAGES]
        whole = sum(float(row["ms"]) for row in own.values())
        table[f"{title} (ms)"] = [round(value, 2) for value in [*times, whole]]
        table[f"{title} (%)"] = [round(value) for value in [*shares, 100.0]] if len(own) == len(STAGES) else None
    return table


def networks_table(rows: Sequence[Row]) -> pd.DataFrame:
    """Return how fast a network learns in each setting, and what is lost on the way; a dash where nothing is."""

    def share(value: float | None, digits: int = 0) -> str:
        return "–" if value is None else f"{100 * value:.{digits}f}"

    return pd.DataFrame(
        {
            "Setting": [setting_of(row).title for row in rows],
            "Processes": [row["workers"] for row in rows],
            "Threads each": [row["threads"] for row in rows],
            "Clips/s": [round(row["samples_per_s"], 1) for row in rows],
            "Efficiency (%)": [share(row["efficiency"]) for row in rows],
            "Exchange (%)": [share(row["exchange_share"], 1) for row in rows],
            "Idle (%)": [share(row["idle_share"]) for row in rows],
            "Range": [f"{row['low']:.1f}–{row['high']:.1f}" for row in rows],
            "A step (ms)": [round(1000 * row["step_s"]) for row in rows],
        }
    )


def comparison_table(reports: Mapping[str, Row], stage: str) -> pd.DataFrame:
    """Return a row per result and version: where it was measured, its time, speed-up, memory and accuracy.

    Parameters
    ----------
    reports : mapping of str to mapping
        Results by title; the first is what the others are held against.
    stage : {"extraction", "training", "total"}
    """
    base = next(iter(reports.values()))
    rows = []
    for title, report in reports.items():
        differs = ", ".join(what_differs(report, base)) or "–"
        for row in version_rows(report, stage):
            accuracy = accuracy_of(report, row["version"])
            rows.append(
                {
                    "Result": title,
                    "Version": row_title(row),
                    "Median (s)": round(row["seconds"], 2),
                    "Speed-up": round(row["speed_up"], 2),
                    "Range": f"{row['low']:.2f}–{row['high']:.2f}",
                    "Peak memory (MB)": round(row["peak_memory_mb"]),
                    "Accuracy (%)": "–" if accuracy is None else f"{100 * accuracy:.1f}",
                    "Clips": int(report["clips"]),
                    "Cores": int(report["machine"]["cores"]),
                    "Machine": str(report["machine"].get("processor") or "–"),
                    "Differs in": differs,
                }
            )
    return pd.DataFrame(rows)


def f1_table(scores: Sequence[Row]) -> pd.DataFrame:
    """Return the F1 of every emotion by version, and the overall figures."""
    rows = []
    for row in scores:
        figures = {"Accuracy": row["accuracy"], "Weighted F1": row["f1_weighted"], "UAR": row["uar"], **row["f1"]}
        rows.append({"Version": version_title(row["version"]), **{k: round(v, 3) for k, v in figures.items()}})
    return pd.DataFrame(rows)


def memory_table(timelines: Sequence[Row]) -> pd.DataFrame:
    """Return the highest memory of each version: its own, mapped files, and both."""
    rows = []
    for line in timelines:
        both = [a + b for a, b in zip(line["anonymous_mb"], line["file_mb"], strict=True)]
        if both:
            at = both.index(max(both))
            own, mapped = line["anonymous_mb"][at], line["file_mb"][at]
            rows.append(
                {"Version": row_title(line), "Peak (MB)": max(both), "Own (MB)": own, "Mapped files (MB)": mapped}
            )
    return pd.DataFrame(rows).round(0)


def machine_table(machine: Row) -> pd.DataFrame:
    """Return the machine as names and values."""
    rows = {
        "Processor": machine.get("processor"),
        "Usable cores": machine.get("cores"),
        "Cores in all": machine.get("cores_in_all"),
        "Memory (MB)": machine.get("memory_mb"),
        "Memory limit (MB)": machine.get("memory_limit_mb") or "none",
        "System": machine.get("system"),
        "Python": machine.get("python"),
        **{f"Version of {name}": text for name, text in (machine.get("libraries") or {}).items()},
        **(machine.get("thread_settings") or {}),
    }
    for pool in machine.get("blas") or ():
        rows[f"Linear algebra ({pool['library']})"] = f"{pool['version']}, {pool['threads']} threads by default"
    return pd.DataFrame({"Name": list(rows), "Value": [str(value) for value in rows.values()]})


def _figures(report: Row, best: Row) -> dict[str, str]:
    where = ("version", "backend", "jobs")
    own = [row for row in report["summary"] if all(row[name] == best[name] for name in where)]
    found: dict[str, str] = {}
    for stage, cold in (("extraction", False), ("extraction", True), ("training", False), ("total", False)):
        row = next((row for row in own if row["stage"] == stage and bool(row["cold"]) == cold), None)
        if row:
            name = STAGE_TITLES[stage] + (", new process" if cold else "")
            span = "" if row["repeats"] == 1 else f" ({row['low']:.1f}–{row['high']:.1f})"
            found[f"{name} (s)"] = f"{row['seconds']:.2f}"
            found[f"{name}, speed-up"] = "1" if best["version"] == "first" else f"{row['speed_up']:.2f}{span}"
    found["Peak memory (MB)"] = f"{max(row['peak_memory_mb'] for row in own):,.0f}"
    found["Extraction, processor time (s)"] = f"{best['cpu_s']:.2f}"
    for row in report["parity"]["scores"]:
        if row["version"] == best["version"]:
            found["Accuracy"] = f"{row['accuracy']:.1%}".replace("%", " %")
            found["Weighted F1"] = f"{row['f1_weighted']:.2f}"
    differences = report["parity"]["largest_difference"]
    if best["version"] in differences:
        difference = differences[best["version"]]
        found["Largest feature difference"] = "not a number" if difference is None else f"{difference:.1g}"
    return found
