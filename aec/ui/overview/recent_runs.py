"""Latest runs of any kind, and the best speed-up of the benchmarks."""

from typing import TYPE_CHECKING

from aec.settings import Settings
from aec.ui.benchmark_runs import BenchmarkRow, benchmark_findings, benchmark_runs
from aec.ui.run_records import TrainingRow, training_runs

if TYPE_CHECKING:
    from aec.benchmark.results import SpeedUp


def recent_runs(settings: Settings, most: int = 3) -> list[TrainingRow | BenchmarkRow]:
    """Return the latest runs, newest first; in public mode on the demo corpora only."""
    rows: list[TrainingRow | BenchmarkRow] = [*training_runs(settings), *benchmark_runs(settings)]
    return sorted(rows, key=lambda row: row.id, reverse=True)[:most]


def best_speed_up(settings: Settings) -> "SpeedUp | None":
    """Return the best measured speed-up of the final version or the engine, or None.

    Extraction comes before the whole run, warm before cold, then the larger one.
    """
    found = [
        row
        for run in benchmark_runs(settings)
        if (findings := benchmark_findings(run.folder))
        for row in findings.summary
        if row.version in {"final", "engine"} and row.stage in {"extraction", "total"}
    ]
    return max(found, key=lambda row: (row.stage == "extraction", not row.cold, row.speed_up), default=None)
