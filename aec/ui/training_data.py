"""What can be trained on: the demo corpora and the folders under AEC_DATA, and what a split makes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from aec.audio import AUDIO_EXTENSIONS
from aec.demo import DEMO_FOLDERS
from aec.emotions import LABEL_SETS
from aec.errors import CorpusError
from aec.settings import Settings
from aec.ui.demo_data import installed_corpora

if TYPE_CHECKING:
    import pandas as pd

# Up to that many clips are decoded for the line above the start button; of more, the names alone are read.
_DECODED = 2_000
# How many entries of a folder are looked at before it is taken for one without sound.
_LOOKED_AT = 2_000


@dataclass(frozen=True)
class Plan:
    """Who trains and who tests, before anything starts; ranges are (fewest, most) over the folds.

    Parameters
    ----------
    clips, speakers, emotions : int
    folds : int
    train_clips, test_clips, train_speakers, test_speakers : tuple of int
    title : str
        The protocol in words.
    notes : tuple of str
    decoded : bool
        False where only the names of the clips were read.
    """

    clips: int
    speakers: int
    emotions: int
    folds: int
    train_clips: tuple[int, int]
    test_clips: tuple[int, int]
    train_speakers: tuple[int, int]
    test_speakers: tuple[int, int]
    title: str
    notes: tuple[str, ...]
    decoded: bool


def offered_corpora(settings: Settings) -> dict[str, Path]:
    """Return the folders that may be trained on, by the name to show; in public mode the demo corpora alone."""
    offered = {name: DEMO_FOLDERS[name] for name in installed_corpora()}
    if settings.public:
        return offered
    for root in settings.data:
        for folder in _candidates(root):
            if folder.resolve() in {known.resolve() for known in offered.values()}:
                continue
            # Two roots may hold folders of the same name; the second one is told apart by its root.
            name = folder.name if folder.name not in offered else f"{root.name}/{folder.name}"
            offered.setdefault(name, folder)
    return offered


def folders_of(chosen: list[str], offered: Mapping[str, Path]) -> tuple[str, ...]:
    """Return the folders behind the chosen names.

    Raises
    ------
    CorpusError
        A name that is not offered, or none at all: the browser alone checks what a widget offers.
    """
    unknown = [name for name in chosen if name not in offered]
    if unknown or not chosen:
        got = f"there is no corpus {unknown[0]!r} to train on" if unknown else "no corpus is chosen"
        raise CorpusError(got, "", "Choose one or more of the list")
    # Absolute, but not resolved: the name of a linked folder may be the corpus's name.
    return tuple(str(offered[name].absolute()) for name in chosen)


def corpus_names(folders: tuple[str, ...], labels: str) -> list[str]:
    """Return the corpora that the clips belong to, as a cross-corpus split names them."""
    table, _ = _clips(folders, labels)
    return sorted(str(name) for name in table["corpus"].dropna().unique())


def plan_split(folders: tuple[str, ...], labels: str, split: str, folds: int | None, seed: int) -> Plan:
    """Return what a split makes of the clips.

    Raises
    ------
    AecError
        Clips that cannot be read or divided as asked.
    """
    return Plan(**_planned(folders, labels, split, folds, seed))


# Plain data comes out of caches: their classes would no longer be the page's own after a hot reload. A minute is
# short enough for a folder that changes; the training looks at the files itself in any case.
@st.cache_data(max_entries=8, ttl=60, show_spinner=False)
def _clips(folders: tuple[str, ...], labels: str) -> tuple["pd.DataFrame", bool]:
    from aec.corpora import list_clips, scan

    listing = list_clips(folders, labels)
    if len(listing.table) <= _DECODED:
        return scan(folders, labels=labels).usable_table, True
    inside = listing.table["emotion"].isin(LABEL_SETS[labels])
    return listing.table[inside].reset_index(drop=True), False


@st.cache_data(max_entries=32, ttl=60, show_spinner=False)
def _planned(folders: tuple[str, ...], labels: str, split: str, folds: int | None, seed: int) -> dict[str, Any]:
    # Imported here: scikit-learn divides the clips, and takes a second to load.
    from aec.splits import make_split

    table, decoded = _clips(folders, labels)
    made = make_split(table, split, folds, seed)
    speakers = table["speaker"]
    return {
        "clips": len(table),
        "speakers": int(speakers.nunique()),
        "emotions": int(table["emotion"].nunique()),
        "folds": len(made.folds),
        "train_clips": _range(len(fold.train) for fold in made.folds),
        "test_clips": _range(len(fold.test) for fold in made.folds),
        "train_speakers": _range(speakers.iloc[fold.train].nunique() for fold in made.folds),
        "test_speakers": _range(speakers.iloc[fold.test].nunique() for fold in made.folds),
        "title": made.title,
        "notes": made.notes,
        "decoded": decoded,
    }


def _range(numbers: Iterable[int]) -> tuple[int, int]:
    found = [int(number) for number in numbers]
    return min(found), max(found)


def _candidates(root: Path) -> list[Path]:
    """Return a root's folders that hold sound, or the root itself where the sound lies directly in it."""
    try:
        entries = sorted(path for path in root.iterdir() if not path.name.startswith("."))
    except OSError:
        # The default root need not exist.
        return []
    if any(_is_sound(path) or path.name.lower() == "manifest.csv" for path in entries):
        return [root]
    return [path for path in entries if path.is_dir() and _holds_sound(path)]


def _holds_sound(folder: Path) -> bool:
    for number, path in enumerate(folder.rglob("*")):
        if _is_sound(path):
            return True
        if number >= _LOOKED_AT:
            return False
    return False


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in AUDIO_EXTENSIONS
