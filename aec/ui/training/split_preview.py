"""Preview of a split: how many clips and speakers would train and test."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from aec.charts.words import counted
from aec.emotions import LABEL_SETS

if TYPE_CHECKING:
    import pandas as pd

    from aec.training import TrainingSettings

# Up to that many clips are decoded for the line above the start button; of more, the names alone are read.
_DECODED = 2_000
Range = tuple[int, int]


@dataclass(frozen=True)
class SplitPreview:
    """Numbers of a split; ranges are (fewest, most) over the folds.

    Parameters
    ----------
    split : str
        `speaker`, `random` or `corpus:NAME`.
    clips, speakers, emotions : int
    folds : int
    train_clips, test_clips, train_speakers, test_speakers : tuple of int
    notes : tuple of str
    decoded : bool
        False where only the names of the clips were read.
    """

    split: str
    clips: int
    speakers: int
    emotions: int
    folds: int
    train_clips: Range
    test_clips: Range
    train_speakers: Range
    test_speakers: Range
    notes: tuple[str, ...]
    decoded: bool

    @property
    def totals(self) -> str:
        """The numbers of clips, speakers and emotions in words."""
        voices = f", {counted(self.speakers, 'speaker')}" if self.speakers else ", speakers unknown"
        named = "" if self.decoded else ", counted by their names: those that cannot be used are left out later"
        return f"{counted(self.clips, 'clip')}{voices}, {counted(self.emotions, 'emotion')}{named}"

    @property
    def sentence(self) -> str:
        """A sentence with the clips and speakers of training and test."""
        sides = (
            f"trains on {_span(self.train_clips, 'clip')}{_by(self.train_speakers)} "
            f"and tests on {_span(self.test_clips, 'clip')}{_by(self.test_speakers)}"
        )
        tails = {"speaker": ", none of whom it trained on", "random": ", most of whom it trained on: optimistic"}
        tail = tails.get(self.split, "") if self.speakers else ""
        if self.folds == 1:
            return f"The model {sides}{tail}."
        return f"Each of {self.folds} folds {sides}{tail}. Every clip is tested once."


def corpus_names(folders: tuple[str, ...], labels: str) -> list[str]:
    """Return the corpora that the clips belong to, as a cross-corpus split names them."""
    table, _ = _clips(folders, labels)
    return sorted(str(name) for name in table["corpus"].dropna().unique())


def preview_split(settings: "TrainingSettings") -> SplitPreview:
    """Return the numbers of the split that some settings ask for.

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
    return SplitPreview(
        split=split,
        clips=len(table),
        speakers=int(speakers.nunique()),
        emotions=int(table["emotion"].nunique()),
        folds=len(made.folds),
        train_clips=_range(len(fold.train) for fold in made.folds),
        test_clips=_range(len(fold.test) for fold in made.folds),
        train_speakers=_range(speakers.iloc[fold.train].nunique() for fold in made.folds),
        test_speakers=_range(speakers.iloc[fold.test].nunique() for fold in made.folds),
        notes=made.notes,
        decoded=decoded,
    )


def _range(numbers: Iterable[int]) -> Range:
    found = [int(number) for number in numbers]
    return min(found), max(found)


def _span(ends: Range, noun: str) -> str:
    low, high = ends
    return counted(low, noun) if low == high else f"{low:,} to {counted(high, noun)}"


def _by(ends: Range) -> str:
    return f" of {_span(ends, 'speaker')}" if ends[1] else ""
