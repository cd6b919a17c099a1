"""A benchmark's measurements and report, as a run leaves them."""

from typing import Any

import msgspec

from aec.benchmark.networks import Take, network_rows
from aec.benchmark.scaling import fit_amdahl
from aec.benchmark.stages import STAGES
from aec.benchmark.summary import sentence, speed_ups, with_totals
from aec.features import FeatureSpec
from aec.models.deep.pace_settings import pace_plan

SECONDS = {
    ("first", "sequential", 1): 8.0,
    ("first, one BLAS thread", "sequential", 1): 6.0,
    ("final", "loky", 2): 4.0,
    ("engine", "threading", 1): 3.0,
    ("engine", "threading", 2): 1.8,
}
TRAINED = {("first", "sequential", 1), ("final", "loky", 2), ("engine", "threading", 2)}


def make_measurements(repeats: int = 3) -> list[dict[str, Any]]:
    rows = []
    for repeat in range(1, repeats + 1):
        for (version, backend, jobs), seconds in SECONDS.items():
            base = {"version": version, "backend": backend, "jobs": jobs, "repeat": repeat}
            measured = seconds * (1 + 0.1 * repeat)
            more = {"cpu_s": measured * jobs, "peak_memory_mb": 300.0 if version != "engine" else 120.0}
            rows.append({**base, **more, "stage": "extraction", "cold": False, "seconds": measured})
            rows.append({**base, **more, "stage": "extraction", "cold": True, "seconds": measured + 2})
            if (version, backend, jobs) in TRAINED:
                rows.append({**base, **more, "stage": "training", "cold": False, "seconds": 2.0})
    return rows


def make_timeline(version: str, backend: str, jobs: int) -> dict[str, Any]:
    return {
        "version": version,
        "backend": backend,
        "jobs": jobs,
        "seconds": [0.1, 0.2, 0.3],
        "anonymous_mb": [50.0, 80.0, 70.0],
        "file_mb": [20.0, 25.0, 25.0],
        "cores": [[10.0, 90.0], [50.0, 60.0], [20.0, 20.0]],
        "stages": [
            {"stage": "extraction", "cold": True, "begin": 0.0, "end": 0.15},
            {"stage": "extraction", "cold": False, "begin": 0.15, "end": 0.3},
        ],
    }


def make_stages() -> list[dict[str, Any]]:
    times = {"first": (0.5, 1.5, 3.0, 3.0), "engine": (0.5, 1.5, 1.2, 0.8)}
    return [
        {"version": version, "stage": stage, "ms": ms, "share": ms / sum(each), "clips": 8, "duration_s": 2.5}
        for version, each in times.items()
        for stage, ms in zip(STAGES, each, strict=True)
    ]


STEP_S = {"none": {1: 0.4, 2: 0.25}, "data": {2: 0.2}, "model": {2: 0.32}}


def make_takes(repeats: int = 3) -> list[Take]:
    takes = []
    for repeat in range(repeats):
        for setting in pace_plan((1, 2), 2):
            step_s = STEP_S[setting.parallel][setting.cores] * (1 + 0.1 * repeat)
            data, model = setting.parallel == "data", setting.parallel == "model"
            found = {
                "step_s": step_s,
                "batch_size": 32,
                "exchange_s": 0.02 * step_s if data else None,
                "exchange_mb": 2.0 if data else None,
                "idle_share": 0.25 + 0.01 * repeat if model else None,
                "micro_batches": 4 if model else None,
            }
            takes.append(Take(setting, repeat, found))
    return takes


def make_network_rows(repeats: int = 3) -> list[dict[str, Any]]:
    return network_rows(make_takes(repeats), repeats)


def make_benchmark_report(repeats: int = 3, **changes: Any) -> dict[str, Any]:
    rows = with_totals(make_measurements(repeats))
    summary = speed_ups(rows)
    f1 = {"angry": 0.5, "sad": 0.4}
    scores = [
        {"version": version, "accuracy": 0.5, "uar": 0.48, "f1_weighted": 0.49, "f1_macro": 0.45, "low": 0.49}
        | {"high": 0.51, "f1": f1}
        for version in ("first", "final", "engine")
    ]
    parity = {
        "largest_difference": {"engine": 2e-4, "final": 0.0},
        "scores": scores,
        "split": "unseen speakers, one 80/20 split",
    }
    return {
        "machine": {
            "processor": "A processor",
            "cores": 2,
            "memory_mb": 8000,
            "libraries": {"numpy": "2"},
            "blas": [],
        },
        "clips": 120,
        "duration_s": 300.0,
        "corpora": {"demo-english": 120},
        "settings": {},
        "repeats": repeats,
        "measurements": rows,
        "summary": summary,
        "amdahl": fit_amdahl([{1: 3.6, 2: 2.16}], 2),
        "parity": parity,
        "stages": make_stages(),
        "networks": [],
        "features": msgspec.to_builtins(FeatureSpec()),
        "timelines": [make_timeline(*key) for key in SECONDS],
        "notes": [],
        "sentence": sentence(120, 2, summary, parity),
        "cancelled": False,
        **changes,
    }
