"""Runs of benchmarks, read from their folders; reports are cached."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from msgspec.structs import replace

from aec.charts.words import counted
from aec.corpora.demo import are_demo
from aec.errors import AecError
from aec.runs.run import list_runs
from aec.settings import Settings
from aec.system.files import file_stamp
from aec.ui.run_list import RecordedRun, recorded, visitor_zone
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

    @property
    def short_title(self) -> str:
        """Time of the run, for charts."""
        return self.when

    def load(self) -> "BenchmarkResult | None":
        """Return the result, or None if there is none; raises ResultError if damaged."""
        stamp = file_stamp(self.run.report_path)
        return _read(str(self.folder), stamp) if stamp else None


def benchmark_runs(settings: Settings) -> list[BenchmarkRow]:
    """Return the benchmarks, newest first; in public mode on the demo corpora only."""
    zone = visitor_zone()
    rows = []
    for run in list_runs(settings.home):
        try:
            config = run.job_config()
            if config.kind != "benchmark" or (settings.public and not are_demo(config.data)):
                continue
            row = recorded(run, config.owner, zone)
            findings = benchmark_findings(run.folder)
            rows.append(BenchmarkRow(**vars(row), headline=headline_of(findings) if findings else ""))
        except (AecError, OSError):
            # A folder that cannot be read is left out of the list.
            continue
        if len(rows) == _SHOWN:
            break
    return rows


def benchmark_findings(folder: Path) -> "BenchmarkResult | None":
    """Return a run's result without measurements and timelines, or None.

    Raises
    ------
    ResultError
        The report is damaged.
    """
    stamp = file_stamp(folder / "report.json")
    return _read_findings(str(folder), stamp) if stamp else None


def known_rates(rows: Sequence[BenchmarkRow]) -> "list[MeasuredRate]":
    """Return the rates of the latest result on this machine; empty if there is none."""
    from aec.benchmark.estimate import measured_rates

    latest = next((findings for row in rows if (findings := benchmark_findings(row.folder))), None)
    return measured_rates(latest) if latest else []


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


# Reports are written once; size and time of the file are part of the key all the same. A result is immutable: all
# visitors may share it.
@st.cache_resource(max_entries=_SHOWN, show_spinner=False)
def _read_findings(folder: str, stamp: tuple[int, int]) -> "BenchmarkResult":  # noqa: ARG001
    return replace(_read_result(folder), measurements=(), timelines=())


@st.cache_resource(max_entries=6, show_spinner=False)
def _read(folder: str, stamp: tuple[int, int]) -> "BenchmarkResult":  # noqa: ARG001
    return _read_result(folder)


def _read_result(folder: str) -> "BenchmarkResult":
    from aec.benchmark.result_file import read_result

    return read_result((Path(folder) / "report.json").read_bytes(), max_bytes=None)
