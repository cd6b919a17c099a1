"""Earlier predictions of a visit, in the visitor's session, with bounded sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from aec.models.card import ModelCard
from aec.ui.offered_models import OfferedModel
from aec.ui.prediction.clip_predictions import ClipOutcome, PredictedClip
from aec.ui.session_store import SessionStore

MAX_ENTRIES = 20
MAX_MB = 50
_KNOWN = "history-known"


@dataclass(frozen=True)
class HistoryEntry:
    """A prediction of this visit.

    Parameters
    ----------
    predicted : PredictedClip
        With its sound.
    card : ModelCard
        Of the model that predicted.
    offered : OfferedModel
        That model, as listed then.
    at : datetime
        In the visitor's time zone.
    """

    predicted: PredictedClip
    card: ModelCard
    offered: OfferedModel
    at: datetime


_HISTORY: SessionStore[HistoryEntry] = SessionStore(
    "history", MAX_ENTRIES, MAX_MB * 1e6, size=lambda entry: len(entry.predicted.clip.content)
)


def add_to_history(outcomes: Sequence[ClipOutcome], card: ModelCard, offered: OfferedModel, at: datetime) -> None:
    """Add the predictions that are new since the last run of the page.

    Parameters
    ----------
    outcomes : sequence of ClipOutcome
        All that the page shows now.
    card : ModelCard
    offered : OfferedModel
    at : datetime
    """
    known: set[str] = st.session_state.get(_KNOWN, set())
    # A prediction that is still shown does not return after the history was cleared.
    st.session_state[_KNOWN] = {outcome.key for outcome in outcomes}
    for outcome in outcomes:
        if isinstance(outcome, PredictedClip) and outcome.key not in known:
            _HISTORY.put(outcome.key, HistoryEntry(outcome, card, offered, at))


def history() -> list[HistoryEntry]:
    """Return the entries, the latest first."""
    return _HISTORY.values()[::-1]


def clear_history() -> None:
    """Drop all entries."""
    _HISTORY.clear()
