"""The answers of this visit, kept in the visitor's session alone, with a bound on their sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from aec.models.card import ModelCard
from aec.ui.offered_models import OfferedModel
from aec.ui.prediction.answers import Answer, Heard

KEPT_ANSWERS = 20
KEPT_MB = 50
_STORE = "history"
_KNOWN = "history-known"


@dataclass(frozen=True)
class Remembered:
    """An answer of this visit.

    Parameters
    ----------
    answer : Answer
        With its sound.
    heard : Heard
        Its outcome.
    card : ModelCard
        Of the model that gave it.
    offer : OfferedModel
        That model, as it stood in the list of models.
    at : datetime
        When, in the visitor's time.
    """

    answer: Answer
    heard: Heard
    card: ModelCard
    offer: OfferedModel
    at: datetime


def remember(answers: Sequence[Answer], card: ModelCard, offer: OfferedModel, at: datetime) -> None:
    """Keep the answers that are new since the page was drawn before; of the same answer the latest is kept.

    Parameters
    ----------
    answers : sequence of Answer
        All that the page shows now.
    card : ModelCard
    offer : OfferedModel
        The model that gave them.
    at : datetime
    """
    known: set[str] = st.session_state.get(_KNOWN, set())
    # What is shown still and was cleared from the history does not come back by itself.
    st.session_state[_KNOWN] = {answer.key for answer in answers}
    fresh = [
        Remembered(answer, answer.outcome, card, offer, at)
        for answer in {answer.key: answer for answer in answers}.values()
        if isinstance(answer.outcome, Heard) and answer.key not in known
    ]
    if fresh:
        keys = {entry.answer.key for entry in fresh}
        older = [entry for entry in _store() if entry.answer.key not in keys]
        st.session_state[_STORE] = _bounded([*older, *fresh])


def history() -> list[Remembered]:
    """Return what is kept, the latest first."""
    return list(reversed(_store()))


def clear_history() -> None:
    """Drop all of it."""
    st.session_state.pop(_STORE, None)


def _store() -> list[Remembered]:
    entries: list[Remembered] = st.session_state.get(_STORE, [])
    return entries


def _bounded(entries: Sequence[Remembered]) -> list[Remembered]:
    """Return the latest entries that fit into the bound; what is older goes first."""
    kept: list[Remembered] = []
    room = KEPT_MB * 1e6
    for entry in reversed(entries):
        room -= len(entry.answer.clip.content)
        if room < 0 or len(kept) == KEPT_ANSWERS:
            break
        kept.append(entry)
    return kept[::-1]
