"""The trainings among the runs, read from their folders; reports are read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import streamlit as st

from aec.corpora.demo import DEMO_FOLDERS, are_demo
from aec.errors import RunError
from aec.evaluation.metrics import Interval
from aec.models.learner import MODELS
from aec.runs.run import JobConfig, Run, list_runs
from aec.settings import Settings
from aec.system.files import file_stamp
from aec.system.structs import from_builtins
from aec.training import TrainingReport, read_report
from aec.ui.run_list import RecordedRun, recorded, visitor_zone
from aec.ui.run_words import STATE_TITLES, uar_words

ACTIVE = frozenset({"queued", "running"})
_SHOWN = 200
# Under this name a session keeps which run the training page shows.
OPEN_RUN = "open-run"


class _Config(JobConfig, frozen=True, kw_only=True):
    """The part of a training's configuration that a list shows."""

    model: str = ""
    split: str = ""


@dataclass(frozen=True)
class TrainingRow(RecordedRun):
    """A training in a list.

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
        Whether the metrics are of all folds.
    """

    uar: float | None
    interval: Interval | None
    protocol: str
    corpora: str
    split: str
    model: str = "mlp"
    is_complete: bool = True

    @property
    def title(self) -> str:
        """Start, model, state and score, for a list to choose from."""
        parts = [self.when, self.model.upper(), STATE_TITLES.get(self.state, self.state).lower()]
        if self.uar is not None:
            parts = [self.when, self.model.upper(), f"UAR {self.uar:.2f}, {self.protocol}"]
            if self.state != "finished":
                parts.append(self.state)
        return " · ".join(parts)

    @property
    def has_model(self) -> bool:
        """Whether the run has a model; a cancelled training keeps its best so far."""
        return self.state in {"finished", "cancelled"} and self.run.model_path.is_file()

    @property
    def score(self) -> str:
        """The UAR with its interval."""
        return uar_words(self.uar, self.interval)


def training_runs(settings: Settings) -> list[TrainingRow]:
    """Return the trainings, newest first; in public mode those on demo corpora.

    A folder that cannot be read is left out.
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


def report_of(row: TrainingRow) -> TrainingReport | None:
    """Return a run's report, or None where it has none.

    Raises
    ------
    RunError
        It is damaged.
    """
    stamp = file_stamp(row.run.report_path)
    return _read_report(str(row.folder), stamp) if stamp else None


def _row(run: Run, zone: ZoneInfo | None, *, public: bool) -> TrainingRow | None:
    config = from_builtins(run.config(), _Config, title=f"the configuration of {run.id}", error=RunError)
    if config.model not in MODELS or (public and not are_demo(config.data)):
        return None
    stamp = file_stamp(run.report_path)
    uar, interval, protocol, corpora, complete = _read_summary(str(run.folder), stamp) if stamp else _NO_REPORT
    return TrainingRow(
        **vars(recorded(run, config.owner, zone)),
        uar=uar,
        interval=interval,
        protocol=protocol,
        corpora=corpora or ", ".join(_source_name(source) for source in config.data),
        split=config.split,
        model=config.model,
        is_complete=complete,
    )


def _source_name(source: str) -> str:
    real = Path(source).resolve()
    return next((name for name, folder in DEMO_FOLDERS.items() if folder.resolve() == real), real.name)


_Summary = tuple[float | None, Interval | None, str, str, bool]
_NO_REPORT: _Summary = (None, None, "", "", True)


# Reports are written once; size and time of the file are the key all the same.
@st.cache_data(max_entries=_SHOWN, show_spinner=False)
def _read_summary(folder: str, stamp: tuple[int, int]) -> _Summary:  # noqa: ARG001
    report = read_report(Run(Path(folder)))
    if report is None:
        return _NO_REPORT
    return report.uar, report.intervals.get("uar"), report.split_title, ", ".join(report.corpora), report.is_complete


@st.cache_data(max_entries=6, show_spinner=False)
def _read_report(folder: str, stamp: tuple[int, int]) -> TrainingReport | None:  # noqa: ARG001
    run = Run(Path(folder))
    report = read_report(run)
    if report is None:
        return None
    sources = [Path(source) for source in run.job_config().data]
    clips = (msgspec.structs.replace(clip, path=_absolute(clip.path, sources)) for clip in report.predictions)
    return msgspec.structs.replace(report, predictions=tuple(clips))


def _absolute(path: str, sources: Sequence[Path]) -> str:
    """Return a clip's absolute path; shell runs may have relative ones."""
    given = Path(path)
    if given.is_absolute():
        return path
    for source in sources:
        for skipped in range(len(given.parts)):
            # The path to the corpus is a part of the name; what follows it is the path within the corpus.
            if skipped and given.parts[skipped - 1] != source.name:
                continue
            candidate = source.joinpath(*given.parts[skipped:])
            if candidate.exists():
                return str(candidate)
    return path
