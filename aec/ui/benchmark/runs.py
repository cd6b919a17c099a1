"""The runs of benchmarks, read from their folders; what does not change any more is read once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from aec.charts.words import counted
from aec.corpora.demo import are_demo
from aec.errors import RunError
from aec.runs.run import Run, list_runs
from aec.settings import Settings
from aec.ui.run_row import RecordedRun, recorded, report_stamp, visitor_zone
from aec.ui.run_words import STATE_TITLES

if TYPE_CHECKING:
    import pandas as pd

OPEN_BENCHMARK = "open-benchmark"
_SHOWN = 100


@dataclass(frozen=True)
class BenchmarkRow(RecordedRun):
    """A benchmark in short.

    Parameters
    ----------
    headline : str
        What it found, in a few words; empty where there is no report.
    """

    headline: str

    @property
    def title(self) -> str:
        """What to call it in a list."""
        parts = [self.when]
        if self.state != "finished" or not self.headline:
            parts.append(STATE_TITLES.get(self.state, self.state).lower())
        return " · ".join([*parts, self.headline] if self.headline else parts)


def benchmark_runs(settings: Settings) -> list[BenchmarkRow]:
    """Return the benchmarks, newest first; in public mode those on the demo corpora alone."""
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
        except (RunError, OSError):
            # A folder that cannot be read is left out: the list is for what can be looked at.
            continue
        if len(rows) == _SHOWN:
            break
    return rows


def benchmark_report(row: BenchmarkRow) -> dict[str, Any] | None:
    """Return a run's report, or None where it has none.

    Raises
    ------
    RunError
        It is damaged.
    """
    stamp = report_stamp(row.folder)
    return _read(str(row.folder), stamp) if stamp else None


def known_rates(rows: Sequence[BenchmarkRow]) -> list[dict[str, Any]]:
    """Return what the latest benchmark says about the pace of this machine; nothing where there is none."""
    from aec.benchmark.summary import rates

    for row in rows:
        try:
            report = benchmark_report(row)
        except RunError:
            continue
        if report is not None:
            return rates(report)
    return []


# A minute is short enough for a folder that changes; the benchmark looks at the files itself in any case.
@st.cache_data(max_entries=16, ttl=60, show_spinner=False)
def clip_count(folders: tuple[str, ...], labels: str) -> int:
    """Return how many clips folders hold inside a label set, by their names alone.

    Raises
    ------
    CorpusError
        A folder without clips.
    """
    from aec.corpora import list_clips
    from aec.emotions import LABEL_SETS

    table: pd.DataFrame = list_clips(folders, labels).table
    return int(table["emotion"].isin(LABEL_SETS[labels]).sum())


def headline_of(report: Mapping[str, Any]) -> str:
    """Return what a report found, in a few words."""
    from aec.benchmark.summary import best_row

    best = best_row(report["summary"], "engine")
    words = f"{counted(int(report['clips']), 'clip')}, {counted(int(report['machine']['cores']), 'core')}"
    return f"{best['speed_up']:.1f} times faster; {words}" if best else words


def _headline(run: Run) -> str:
    stamp = report_stamp(run.folder)
    return _read_headline(str(run.folder), stamp) if stamp else ""


# Reports are written once; size and time of the file are the key all the same.
@st.cache_data(max_entries=_SHOWN, show_spinner=False)
def _read_headline(folder: str, stamp: tuple[int, int]) -> str:  # noqa: ARG001
    try:
        return headline_of(Run(Path(folder)).report() or {})
    except (KeyError, TypeError, ValueError) as error:
        raise RunError("the result is not one of a benchmark", "", "Delete the run") from error


@st.cache_data(max_entries=6, show_spinner=False)
def _read(folder: str, stamp: tuple[int, int]) -> dict[str, Any] | None:  # noqa: ARG001
    return Run(Path(folder)).report()
