"""The latest runs of any kind, and the best speed-up among them, as the overview tells them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from aec.errors import RunError
from aec.runs.run import Run
from aec.settings import Settings
from aec.ui.benchmark_runs import BenchmarkRow, benchmark_runs
from aec.ui.offered_models import file_stamp
from aec.ui.run_records import TrainingRow, training_runs

_READ = 100
# What can be faster than the first version by merit; the same loop on one BLAS thread is there for comparison.
_OURS = frozenset({"final", "engine"})
_STAGES = frozenset({"extraction", "total"})


@dataclass(frozen=True)
class SpeedUp:
    """How many times faster a version was than the first one.

    Parameters
    ----------
    value : float
        Median over the repeats.
    ends : tuple of float, or None
        The least and the greatest of the repeats.
    version : str
    jobs : int
    stage : {"extraction", "total"}
    cold : bool
        Imports and the start of workers are in it.
    """

    value: float
    ends: tuple[float, float] | None
    version: str
    jobs: int
    stage: str
    cold: bool

    @property
    def rank(self) -> tuple[bool, bool, float]:
        """By what the best is chosen: extraction before the whole run, warm before cold, then the value."""
        return self.stage == "extraction", not self.cold, self.value


def recent_runs(settings: Settings, most: int = 3) -> list[TrainingRow | BenchmarkRow]:
    """Return the latest runs, newest first; in public mode those on the demo corpora alone."""
    rows: list[TrainingRow | BenchmarkRow] = [*training_runs(settings), *benchmark_runs(settings)]
    return sorted(rows, key=lambda row: row.id, reverse=True)[:most]


def best_speed_up(settings: Settings) -> SpeedUp | None:
    """Return the best speed-up against the first version that a benchmark measured here; None where none did."""
    found = []
    for row in benchmark_runs(settings):
        stamp = file_stamp(row.folder / "report.json")
        if stamp != (0, 0):
            found += [SpeedUp(*fields) for fields in _speed_ups(str(row.folder), stamp)]
    return max(found, key=lambda one: one.rank, default=None)


# Plain data comes out of caches; size and time of the report are the key.
@st.cache_data(max_entries=_READ, show_spinner=False)
def _speed_ups(
    folder: str,
    stamp: tuple[int, int],  # noqa: ARG001
) -> list[tuple[float, tuple[float, float] | None, str, int, str, bool]]:
    try:
        rows = (Run(Path(folder)).report() or {}).get("summary") or []
        return [_fields(row) for row in rows if row["version"] in _OURS and row["stage"] in _STAGES]
    except (RunError, KeyError, TypeError, ValueError):
        # A damaged report: the benchmark page says what is wrong with it.
        return []


def _fields(row: dict[str, Any]) -> tuple[float, tuple[float, float] | None, str, int, str, bool]:
    low, high = row.get("low"), row.get("high")
    ends = None if low is None or high is None else (float(low), float(high))
    version, stage, cold = str(row["version"]), str(row["stage"]), bool(row.get("cold"))
    return float(row["speed_up"]), ends, version, int(row["jobs"]), stage, cold
