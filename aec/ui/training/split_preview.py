"""Preview of a split: numbers of clips and speakers in training and test."""

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from aec.charts.words import counted
from aec.emotions import LABEL_SETS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from aec.training import TrainingSettings

# Up to that many clips are decoded for the line above the start button; of more, the names alone are read.
_DECODED = 2_000
_TAILS = {"speaker": ", none of whom it trained on", "random": ", most of whom it trained on: optimistic"}


class SplitPreview(NamedTuple):
    """A split in words: totals, a sentence on training and test, and notes."""

    totals: str
    sentence: str
    notes: tuple[str, ...]


def corpus_names(folders: tuple[str, ...], labels: str) -> list[str]:
    """Return the corpora that the clips belong to, as a cross-corpus split names them."""
    table, _ = _clips(folders, labels)
    return sorted(str(name) for name in table["corpus"].dropna().unique())


def preview_split(settings: "TrainingSettings") -> SplitPreview:
    """Return the split of some settings in words.

    Raises
    ------
    AecError
        Clips that cannot be read or divided in that way.
    """
    return _preview(settings.data, settings.labels, settings.split, settings.folds, settings.recipe.seed)


# A minute is short enough for a folder that changes; the training reads the files again in any case.
@st.cache_data(max_entries=8, ttl=60, show_spinner=False)
def _clips(folders: tuple[str, ...], labels: str) -> tuple["pd.DataFrame", bool]:
    from aec.corpora import list_clips, scan

    listing = list_clips(folders, labels)
    if len(listing.table) <= _DECODED:
        return scan(folders, labels=labels).usable_table, True
    inside = listing.table["emotion"].isin(LABEL_SETS[labels])
    return listing.table[inside].reset_index(drop=True), False


@st.cache_data(max_entries=32, ttl=60, show_spinner=False)
def _preview(folders: tuple[str, ...], labels: str, split: str, folds: int | None, seed: int) -> SplitPreview:
    # Imported here: scikit-learn divides the clips, and takes a second to load.
    from aec.evaluation.splits import make_split

    table, decoded = _clips(folders, labels)
    made = make_split(table, split, folds, seed)
    speakers = table["speaker"]
    known = speakers.nunique()
    totals = f"{counted(len(table), 'clip')}, {counted(known, 'speaker') if known else 'speakers unknown'}"
    totals += f", {counted(table['emotion'].nunique(), 'emotion')}"
    if not decoded:
        totals += ", counted by their names: those that cannot be used are left out later"

    def side(rows: list["np.ndarray"]) -> str:
        clips = _span([len(each) for each in rows], "clip")
        counts = [speakers.iloc[each].nunique() for each in rows]
        return f"{clips} of {_span(counts, 'speaker')}" if max(counts) else clips

    training, test = (side([getattr(fold, name) for fold in made.folds]) for name in ("train", "test"))
    sides = f"trains on {training} and tests on {test}"
    sides += _TAILS.get(split, "") if known else ""
    count = len(made.folds)
    one, many = f"The model {sides}.", f"Each of {count} folds {sides}. Every clip is tested once."
    return SplitPreview(totals, one if count == 1 else many, made.notes)


def _span(numbers: list[int], noun: str) -> str:
    low, high = min(numbers), max(numbers)
    return counted(low, noun) if low == high else f"{low:,} to {counted(high, noun)}"
