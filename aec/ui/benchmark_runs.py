"""Runs of benchmarks, read from their folders; reports are cached."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from aec.charts.words import counted
from aec.corpora.demo import are_demo
from aec.errors import AecError
from aec.runs.run import Run, list_runs
from aec.settings import Settings
from aec.ui.run_row import RecordedRun, recorded, report_stamp, visitor_zone
from aec.ui.run_words import STATE_TITLES

if TYPE_CHECKING:
    import pandas as pd

    from aec.benchmark.estimate import MeasuredRate
    from aec.benchmark.results import BenchmarkResult

OPEN_BENCHMARK = "open-benchmark"
_SHOWN = 100


@dataclass(frozen=True)
class BenchmarkRow(RecordedRun):
    """Run of a benchmark.

    Parameters
    ----------
    headline : str
        Short finding; empty without a report.
    """

    headline: str

    @property
    def title(self) -> str:
        """Time, state if it did not finish, and headline."""
        parts = [self.when]
        if self.state != "finished" or not self.headline:
            parts.append(STATE_TITLES.get(self.state, self.state).lower())
        return " · ".join([*parts, self.headline] if self.headline else parts)


def benchmark_runs(settings: Settings) -> list[BenchmarkRow]:
    """Return the benchmarks, newest first; in public mode on the demo corpora only."""
    zone = visitor_zone()
    rows = []
    for run in list_runs(settings.home):
        try:
            config = run.config()
            if config.get("kind") != "benchmark":
                continue
            if settings.public and not are_demo(config.get("data")):
                continue
            row = recorded(run, str(config.get("owner", "")), zone)
            rows.append(BenchmarkRow(**vars(row), headline=_headline(run)))
        except (AecError, OSError):
            # A folder that cannot be read is left out of the list.
            continue
        if len(rows) == _SHOWN:
            break
    return rows


def benchmark_result(row: BenchmarkRow) -> "BenchmarkResult | None":
    """Return a run's result, or None if it has none.

    Raises
    ------
    ResultError
        The report is damaged.
    """
    stamp = report_stamp(row.folder)
    return _read(str(row.folder), stamp) if stamp else None


def known_rates(rows: Sequence[BenchmarkRow]) -> "list[MeasuredRate]":
    """Return the rates of the latest result on this machine; empty if there is none."""
    from aec.benchmark.estimate import measured_rates

    for row in rows:
        try:
            result = benchmark_result(row)
        except AecError:
            continue
        if result is not None:
            return measured_rates(result)
    return []


# A minute is short enough for a folder that changes; the benchmark scans the files itself in any case.
@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def clip_count(folders: tuple[str, ...], labels: str) -> int:
    """Return the number of clips of a label set in folders, by their names only.

    Raises
    ------
    CorpusError
        A folder without clips.
    """
    from aec.corpora import list_clips
    from aec.emotions import LABEL_SETS

    table: pd.DataFrame = list_clips(folders, labels).table
    return int(table["emotion"].isin(LABEL_SETS[labels]).sum())


def headline_of(result: "BenchmarkResult") -> str:
    """Return a short finding: the engine's speed-up, clips and cores."""
    from aec.benchmark.summary import fastest

    best = fastest(result.summary, "engine")
    words = f"{counted(result.clips, 'clip')}, {counted(result.machine.cores, 'core')}"
    return f"{best.speed_up:.1f} times faster; {words}" if best else words


def _headline(run: Run) -> str:
    stamp = report_stamp(run.folder)
    return _read_headline(str(run.folder), stamp) if stamp else ""


# Reports are written once; size and time of the file are part of the key all the same.
@st.cache_data(max_entries=_SHOWN, show_spinner=False)
def _read_headline(folder: str, stamp: tuple[int, int]) -> str:  # noqa: ARG001
    return headline_of(_read_result(folder))


# A result is immutable: all visitors may share it.
@st.cache_resource(max_entries=6, show_spinner=False)
def _read(folder: str, stamp: tuple[int, int]) -> "BenchmarkResult":  # noqa: ARG001
    return _read_result(folder)


def _read_result(folder: str) -> "BenchmarkResult":
    from aec.benchmark.result_file import read_result

    return read_result((Path(folder) / "report.json").read_bytes(), max_bytes=None)
