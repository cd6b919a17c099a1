"""What the lists of trainings and of benchmarks have in common: a run in short."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from aec.runs.run import Run
from aec.ui.run_words import local_time


@dataclass(frozen=True)
class RecordedRun:
    """A run in short, whatever kind it is.

    Parameters
    ----------
    id : str
    folder : Path
    state : str
    message : str
        Why it ended as it did.
    created : datetime or None
        In the visitor's time.
    owner : str
        Whose it is, where strangers come.
    """

    id: str
    folder: Path
    state: str
    message: str
    created: datetime | None
    owner: str

    @property
    def when(self) -> str:
        """When it was asked for."""
        return f"{self.created:%d %b %H:%M}" if self.created else self.id

    @property
    def run(self) -> Run:
        """The run's folder."""
        return Run(self.folder)


def recorded(run: Run, owner: str, zone: ZoneInfo | None) -> RecordedRun:
    """Return a run in short.

    Raises
    ------
    RunError
        Its state is damaged.
    """
    state = run.state()
    return RecordedRun(
        id=run.id,
        folder=run.folder,
        state=state.name,
        message=state.message,
        created=local_time(state.created, zone),
        owner=owner,
    )


def report_stamp(folder: Path) -> tuple[int, int] | None:
    """Return size and time of a run's report, by which caches know it; None where there is none."""
    try:
        facts = (folder / "report.json").stat()
    except OSError:
        return None
    return (facts.st_size, facts.st_mtime_ns)


def visitor_zone() -> ZoneInfo | None:
    """Return the visitor's time zone; None is the server's."""
    name = st.context.timezone
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
