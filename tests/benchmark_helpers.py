"""Measurements and results of benchmarks for tests."""

from typing import Any

import msgspec

from aec.benchmark.network_speed import network_measurements, network_speeds
from aec.benchmark.results import (
    CLIP_STAGES,
    BenchmarkData,
    BenchmarkResult,
    ClipStage,
    Machine,
    Measurement,
    NetworkSpeed,
    Parity,
    Scores,
    StageSpan,
    Timeline,
)
from aec.benchmark.summary import summarise, with_totals
from aec.features import FeatureSpec
from aec.models.deep.speed_settings import SpeedEvent, StepTimes, speed_settings

SECONDS = {
    ("first", "sequential", 1): 8.0,
    ("first, one BLAS thread", "sequential", 1): 6.0,
    ("final", "loky", 2): 4.0,
    ("engine", "threading", 1): 3.0,
    ("engine", "threading", 2): 1.8,
}
TRAINED = {("first", "sequential", 1), ("final", "loky", 2), ("engine", "threading", 2)}


def make_measurements(repeats: int = 3) -> list[Measurement]:
    rows = []
    for repeat in range(1, repeats + 1):
        for (version, backend, jobs), seconds in SECONDS.items():
            measured = seconds * (1 + 0.1 * repeat)
            warm = Measurement(
                version,
                backend,
                jobs,
                cold=False,
                repeat=repeat,
                stage="extraction",
                seconds=measured,
                cpu_s=measured * jobs,
                peak_memory_mb=300.0 if version != "engine" else 120.0,
            )
            rows += [warm, msgspec.structs.replace(warm, cold=True, seconds=measured + 2)]
            if (version, backend, jobs) in TRAINED:
                rows.append(msgspec.structs.replace(warm, stage="training", seconds=2.0))
    return rows


def make_timeline(version: str, backend: str, jobs: int) -> Timeline:
    return Timeline(
        version,
        backend,
        jobs,
        seconds=(0.1, 0.2, 0.3),
        anonymous_mb=(50.0, 80.0, 70.0),
        file_mb=(20.0, 25.0, 25.0),
        cores=((10.0, 90.0), (50.0, 60.0), (20.0, 20.0)),
        stages=(
            StageSpan(stage="extraction", cold=True, begin=0.0, end=0.15),
            StageSpan(stage="extraction", cold=False, begin=0.15, end=0.3),
        ),
    )


def make_clip_stages() -> tuple[ClipStage, ...]:
    times = {"first": (0.5, 1.5, 3.0, 3.0), "engine": (0.5, 1.5, 1.2, 0.8)}
    return tuple(
        ClipStage(version=version, stage=stage, ms=ms, share=ms / sum(each), clips=8, duration_s=2.5)
        for version, each in times.items()
        for stage, ms in zip(CLIP_STAGES, each, strict=True)
    )


STEP_S = {"none": {1: 0.4, 2: 0.25}, "data": {2: 0.2}, "model": {2: 0.32}}


def make_speed_events(repeats: int = 3) -> list[SpeedEvent]:
    events = []
    for repeat in range(repeats):
        for setting in speed_settings((1, 2), 2):
            step_s = STEP_S[setting.parallel][setting.cores] * (1 + 0.1 * repeat)
            data, model = setting.parallel == "data", setting.parallel == "model"
            times = StepTimes(
                step_s=step_s,
                batch_size=32,
                exchange_s=0.02 * step_s if data else None,
                exchange_mb=2.0 if data else None,
                idle_share=0.25 + 0.01 * repeat if model else None,
                micro_batches=4 if model else None,
            )
            events.append(SpeedEvent(setting=setting, repeat=repeat, times=times))
    return events


def make_network_speeds(repeats: int = 3) -> tuple[NetworkSpeed, ...]:
    return network_speeds(network_measurements(make_speed_events(repeats), repeats))


def make_parity(**changes: Any) -> Parity:
    scores = tuple(
        Scores(
            version=version,
            accuracy=0.5,
            uar=0.48,
            f1_weighted=0.49,
            f1_macro=0.45,
            low=0.49,
            high=0.51,
            f1={"angry": 0.5, "sad": 0.4},
        )
        for version in ("first", "final", "engine")
    )
    parity = Parity(
        largest_difference={"engine": 2e-4, "final": 0.0}, scores=scores, split="unseen speakers, one 80/20 split"
    )
    return msgspec.structs.replace(parity, **changes)


def make_result(repeats: int = 3, **changes: Any) -> BenchmarkResult:
    """Return a result whose data are changed before its findings are computed."""
    fields: dict[str, Any] = {
        "machine": Machine(processor="A processor", cores=2, memory_mb=8000, libraries={"numpy": "2"}),
        "clips": 120,
        "duration_s": 300.0,
        "corpora": {"demo-english": 120},
        "measurements": with_totals(make_measurements(repeats)),
        "parity": make_parity(),
        "stages": make_clip_stages(),
        "features": FeatureSpec(),
        "timelines": tuple(make_timeline(*key) for key in SECONDS),
    }
    return summarise(BenchmarkData(**{**fields, **changes}))


def result_fields(repeats: int = 3, **changes: Any) -> dict[str, Any]:
    """Return a result as JSON types."""
    return msgspec.to_builtins(make_result(repeats, **changes), str_keys=True)
