"""Runs in lists: facts that every kind has, and the selection of the run to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from aec.runs.run import Run
from aec.ui.run_words import local_time
from aec.ui.text import distinct


@dataclass(frozen=True)
class RecordedRun:
    """Facts that every kind of run has.

    Parameters
    ----------
    id : str
    folder : Path
    state : str
    message : str
        Why it ended so.
    created : datetime or None
        In the visitor's time zone.
    owner : str
        Token of the visitor who submitted it.
    """

    id: str
    folder: Path
    state: str
    message: str
    created: datetime | None
    owner: str

    @property
    def when(self) -> str:
        """Time of the submission, for a list."""
        return f"{self.created:%d %b %H:%M}" if self.created else self.id

    @property
    def run(self) -> Run:
        """The run's folder."""
        return Run(self.folder)


def recorded(run: Run, owner: str, zone: ZoneInfo | None) -> RecordedRun:
    """Return the facts of a run; raises RunError if its state is damaged."""
    state = run.state()
    created = local_time(state.created, zone)
    return RecordedRun(run.id, run.folder, state.name, state.message, created, owner)


def visitor_zone() -> ZoneInfo | None:
    """Return the visitor's time zone; None is the server's."""
    try:
        return ZoneInfo(st.context.timezone) if st.context.timezone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def choose_run(label: str, titles: Mapping[str, str], open_key: str) -> str:
    """Show a list of runs and return the id of the chosen one.

    Parameters
    ----------
    label : str
    titles : Mapping of str to str
        By id, in the order of the list; at least one.
    open_key : str
        Key of the session state with the id of the chosen run; other parts set it to choose another run.
    """
    titles = distinct(titles)
    if st.session_state.get(open_key) not in titles:
        st.session_state[open_key] = next(iter(titles))
    # Titles change with the state of a run, and a browser shows the old ones until the field has another key.
    key = f"{open_key}-of-{hash(tuple(titles.items()))}"
    st.session_state[key] = st.session_state[open_key]
    chosen: str = st.selectbox(
        label,
        list(titles),
        format_func=lambda run_id: titles.get(run_id, run_id),
        key=key,
        on_change=_open,
        args=(key, open_key),
    )
    return chosen


def _open(key: str, open_key: str) -> None:
    st.session_state[open_key] = st.session_state[key]
