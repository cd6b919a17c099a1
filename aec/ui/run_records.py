"""The runs of trainings, read from their folders; what does not change any more is read once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from aec.corpora.demo import DEMO_FOLDERS, are_demo
from aec.errors import RunError
from aec.runs.run import Run, list_runs
from aec.settings import Settings
from aec.ui.run_row import RecordedRun, recorded, report_stamp, visitor_zone
from aec.ui.run_words import STATE_TITLES, uar_words

_MODELS = frozenset({"mlp", "cnn", "rnn", "crnn"})
ACTIVE = frozenset({"queued", "running"})
_SHOWN = 200
_NO_REPORT: tuple[float | None, tuple[float, float] | None, str, str, bool] = (None, None, "", "", True)
_NOTED = re.compile(r"Cancelled: the figures are of (\d+) of \d+ folds\.")
# Under this name a session keeps which run the training page shows.
OPEN_RUN = "open-run"


@dataclass(frozen=True)
class RunRow(RecordedRun):
    """A training in short.

    Parameters
    ----------
    uar : float or None
    interval : tuple of float, or None
        Of the UAR.
    protocol : str
        In words; empty where there is no report.
    corpora : str
        Names, separated by commas.
    split : str
        `speaker`, `random` or `corpus:NAME`.
    model : str
    is_complete : bool
        Whether the figures are of all folds.
    """

    uar: float | None
    interval: tuple[float, float] | None
    protocol: str
    corpora: str
    split: str
    model: str = "mlp"
    is_complete: bool = True

    @property
    def title(self) -> str:
        """What to call it in a list: when, how it ended, how good, on whom."""
        parts = [self.when, self.model.upper(), STATE_TITLES.get(self.state, self.state).lower()]
        if self.uar is not None:
            parts = [self.when, self.model.upper(), f"UAR {self.uar:.2f}, {self.protocol}"]
            if self.state != "finished":
                parts.append(self.state)
        return " · ".join(parts)

    @property
    def score(self) -> str:
        """The UAR with its interval."""
        return uar_words(self.uar, self.interval)


def training_runs(settings: Settings) -> list[RunRow]:
    """Return the trainings, newest first; in public mode those on the demo corpora alone.

    A folder that cannot be read is left out: the list is for what can be looked at.
    """
    zone = visitor_zone()
    rows = []
    for run in list_runs(settings.home)[:_SHOWN]:
        try:
            row = _row(run, zone, public=settings.public)
        except (RunError, OSError):
            continue
        if row is not None:
            rows.append(row)
    return rows


def report_of(row: RunRow) -> dict[str, Any] | None:
    """Return a run's report, or None where it has none.

    Raises
    ------
    RunError
        It is damaged.
    """
    stamp = report_stamp(row.folder)
    return _read_report(str(row.folder), stamp) if stamp else None


def _row(run: Run, zone: ZoneInfo | None, *, public: bool) -> RunRow | None:
    config = run.config()
    data = config.get("data", [])
    if config.get("model") not in _MODELS or (public and not are_demo(data)):
        return None
    stamp = report_stamp(run.folder)
    uar, interval, protocol, corpora, complete = _read_summary(str(run.folder), stamp) if stamp else _NO_REPORT
    return RunRow(
        **vars(recorded(run, str(config.get("owner", "")), zone)),
        uar=uar,
        interval=interval,
        protocol=protocol,
        corpora=corpora or ", ".join(_source_name(str(source)) for source in data),
        split=str(config.get("split", "")),
        model=str(config["model"]),
        is_complete=complete,
    )


def _source_name(source: str) -> str:
    real = Path(source).resolve()
    return next((name for name, folder in DEMO_FOLDERS.items() if folder.resolve() == real), real.name)


# Reports are written once; size and time of the file are the key all the same.
@st.cache_data(max_entries=_SHOWN, show_spinner=False)
def _read_summary(
    folder: str,
    stamp: tuple[int, int],  # noqa: ARG001
) -> tuple[float | None, tuple[float, float] | None, str, str, bool]:
    report = _with_folds_done(Run(Path(folder)).report() or {})
    ends = (report.get("intervals") or {}).get("uar")
    interval = (float(ends[0]), float(ends[1])) if ends else None
    complete = report.get("folds_done") == report.get("folds")
    protocol, corpora = str(report.get("split_title", "")), ", ".join(report.get("corpora", {}))
    return report.get("uar"), interval, protocol, corpora, complete


@st.cache_data(max_entries=6, show_spinner=False)
def _read_report(folder: str, stamp: tuple[int, int]) -> dict[str, Any] | None:  # noqa: ARG001
    run = Run(Path(folder))
    report = run.report()
    if report is not None:
        sources = [Path(str(source)) for source in run.config().get("data", [])]
        for clip in report["predictions"]:
            clip["path"] = _absolute(clip["path"], sources)
        report = _with_folds_done(report)
    return report


def _with_folds_done(report: dict[str, Any]) -> dict[str, Any]:
    """Add the number of folds to a report written without it: a note says it where it is not that of all."""
    folds = report.get("folds")
    if "folds_done" in report or folds is None:
        return report
    found = _NOTED.search(" ".join(map(str, report.get("notes", []))))
    done = int(found[1]) if found else folds
    title = str(report.get("split_title", ""))
    if done != folds:
        title = title.removesuffix(f"{folds} folds") + f"{done} of {folds} folds"
    return {**report, "folds_done": done, "split_title": title}


def _absolute(path: str, sources: Sequence[Path]) -> str:
    """Return where a clip lies; a run from the shell names it as the shell did, from a folder that is not known."""
    given = Path(path)
    if given.is_absolute():
        return path
    for source in sources:
        for skipped in range(len(given.parts)):
            # The way to the corpus was typed and is a part of the name; what follows it is the way within.
            if skipped and given.parts[skipped - 1] != source.name:
                continue
            candidate = source.joinpath(*given.parts[skipped:])
            if candidate.exists():
                return str(candidate)
    return path
