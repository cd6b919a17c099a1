"""Splits of a table of clips into training and test clips, and the leak audit."""

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from aec.errors import SplitError, UsageError
from aec.evaluation.metrics import LeakFinding

DEFAULT_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers of one division of the table.

    Parameters
    ----------
    train, test : np.ndarray [dtype=int64]
        Disjoint.
    """

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, eq=False)
class Split:
    """All folds of a protocol.

    Parameters
    ----------
    kind : str
        `speaker`, `random` or `corpus:NAME`.
    folds : tuple of Fold
        Test parts are disjoint from each other.
    notes : tuple of str
        Decisions made for the user, as sentences.
    """

    kind: str
    folds: tuple[Fold, ...]
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The protocol in words, shown with every score."""
        return self.title_of(len(self.folds))

    def title_of(self, folds_done: int) -> str:
        """Return the protocol of some folds: `unseen speakers, 1 of 5 folds`."""
        if self.kind == "speaker":
            return f"unseen speakers, {_folds_in_words(self.folds, folds_done)}"
        if self.kind == "random":
            return f"random split, speakers on both sides, {_folds_in_words(self.folds, folds_done)}"
        return f"unseen corpus {self.kind.removeprefix('corpus:')}"

    def select(self, rows: np.ndarray) -> "Split":
        """Return the split of some rows, renumbered, without folds with an empty side.

        Parameters
        ----------
        rows : np.ndarray [dtype=int64]
            The rows to keep, ascending.
        """

        def renumbered(side: np.ndarray) -> np.ndarray:
            return np.searchsorted(rows, side[np.isin(side, rows)])

        folds = (Fold(renumbered(fold.train), renumbered(fold.test)) for fold in self.folds)
        return replace(self, folds=tuple(fold for fold in folds if len(fold.train) and len(fold.test)))


def make_split(table: pd.DataFrame, kind: str, folds: int | None = None, seed: int = 0) -> Split:
    """Divide a table of labelled clips.

    Parameters
    ----------
    table : pd.DataFrame
        Needs `emotion`; `speaker` for speaker-independent, `corpus` for cross-corpus splits.
    kind : {"speaker", "random", "corpus:NAME"}
    folds : int, optional
        Default 5, or as many as there are speakers if they are fewer; 1 is a single 80/20 split.
    seed : int

    Returns
    -------
    Split

    Raises
    ------
    SplitError
        Too few clips, classes or speakers, or no such corpus.
    UsageError
        An unknown kind, or folds below 1.
    """
    check_split(kind, folds)
    check_trainable(table)
    if kind == "speaker":
        return _with_unlearned(_speaker_split(table, folds, seed), table)
    if kind == "random":
        return _with_unlearned(_random_split(table, folds, seed), table)
    return _corpus_split(table, kind)


def check_split(kind: str, folds: int | None) -> None:
    """Raise UsageError for an unknown kind of split, or folds below 1."""
    if folds is not None and folds < 1:
        raise UsageError(f"the number of folds is {folds}", "1 or more is expected")
    if kind not in {"speaker", "random"} and not re.fullmatch("corpus:.+", kind):
        raise UsageError(f"the split is {kind!r}", "speaker, random or corpus:NAME is expected")


def check_trainable(table: pd.DataFrame) -> None:
    """Raise SplitError for a table that no classifier can be trained and tested on."""
    counts = table["emotion"].value_counts()
    if len(counts) < 2:
        found = f"only {counts.index[0]}" if len(counts) else "no emotion at all"
        raise SplitError(
            f"the usable clips show {found}",
            "at least two emotions are expected",
            "Add clips of another emotion, or choose a wider label set, such as all",
        )
    if len(table) < 2 * len(counts):
        raise SplitError(
            f"{len(table)} clips for {len(counts)} emotions",
            "at least two clips of each emotion are expected",
            "Add clips, or choose a narrower label set",
        )
    if counts.min() < 2:
        raise SplitError(
            f"{counts.index[-1]} has a single clip",
            "at least two clips of each emotion are expected, one to train and one to test",
            f"Add clips of {counts.index[-1]}, or choose a label set without it",
        )


def audit_leaks(table: pd.DataFrame, split: Split, choices: Sequence[str] = ()) -> tuple[LeakFinding, ...]:
    """Check the ways in which test clips could have helped the training.

    Parameters
    ----------
    table : pd.DataFrame
        With `speaker` and `digest`.
    split : Split
    choices : sequence of str
        Choices made by their results on test clips; may be empty.

    Returns
    -------
    tuple of LeakFinding
    """
    return (
        _audit_column(table, split, "speaker", "speakers_on_both_sides", "speaker", "speakers"),
        _audit_column(table, split, "digest", "identical_audio_on_both_sides", "recording", "recordings"),
        LeakFinding(
            kind="choices_made_on_the_test_set",
            found=bool(choices),
            detail="; ".join(choices) or "No setting or epoch was chosen by looking at test clips.",
        ),
    )


def _audit_column(table: pd.DataFrame, split: Split, column: str, kind: str, one: str, many: str) -> LeakFinding:
    known = table[column].notna().to_numpy()
    values = table[column].to_numpy()
    shared: set[object] = set()
    for fold in split.folds:
        train = set(values[fold.train[known[fold.train]]])
        shared |= train & set(values[fold.test[known[fold.test]]])
    unknown = int((~known).sum())
    if shared:
        count = f"{len(shared)} {one if len(shared) == 1 else many}"
        detail = f"{count} in both training and test clips: the score is optimistic."
        return LeakFinding(kind=kind, found=True, detail=detail)
    if unknown == len(table):
        return LeakFinding(kind=kind, found=None, detail=f"Cannot be checked: no {one} is known.")
    rest = f" For {unknown} clips it is not known." if unknown else ""
    detail = f"No {one} is in both training and test clips.{rest}"
    return LeakFinding(kind=kind, found=False, detail=detail)


def _with_unlearned(split: Split, table: pd.DataFrame) -> Split:
    """Add a note on emotions that a fold tests without a training clip."""
    emotions = table["emotion"].to_numpy(dtype=object)
    unlearned = set().union(*(set(emotions[fold.test]) - set(emotions[fold.train]) for fold in split.folds))
    if not unlearned:
        return split
    names = ", ".join(sorted(unlearned))
    note = f"Some fold tests {names} without a training clip of it: too few speakers show it."
    return replace(split, notes=(*split.notes, note))


def _random_split(table: pd.DataFrame, folds: int | None, seed: int) -> Split:
    from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

    smallest = int(table["emotion"].value_counts().min())
    count, notes = _fold_count(folds, smallest, "clips of the rarest emotion")
    labels = table["emotion"].to_numpy(dtype=object)
    divider: StratifiedKFold | StratifiedShuffleSplit = StratifiedKFold(
        _parts(count, smallest), shuffle=True, random_state=seed
    )
    if count == 1 and 0.2 * len(table) >= len(set(labels)):
        divider = StratifiedShuffleSplit(1, test_size=0.2, random_state=seed)
    return Split("random", _as_folds(divider.split(np.zeros(len(table)), labels), count), notes)


def _speaker_split(table: pd.DataFrame, folds: int | None, seed: int) -> Split:
    from sklearn.model_selection import StratifiedGroupKFold

    speakers = _speakers(table)
    labels = table["emotion"].to_numpy(dtype=object)
    commonest = int(table["emotion"].value_counts().max())
    count, notes = _fold_count(folds, min(speakers.nunique(), commonest), "speakers")
    divider = StratifiedGroupKFold(_parts(count, speakers.nunique()), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer clips than folds is uneven by nature when whole speakers move.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        pairs = list(divider.split(np.zeros(len(table)), labels, groups=speakers.to_numpy(dtype=object)))
    return Split("speaker", _as_folds(pairs, count), notes)


def _parts(count: int, there: int) -> int:
    # A single 80/20 split is the first of five parts, or of as many as there can be.
    return count if count > 1 else min(5, there)


def _speakers(table: pd.DataFrame) -> "pd.Series[str]":
    speakers = table["speaker"]
    missing = int(speakers.isna().sum())
    if missing:
        raise SplitError(
            f"the speaker of {missing} of {len(table)} clips is not known",
            "a speaker for every clip is expected for a speaker-independent split",
            "Name them in a manifest (path, emotion, speaker), or choose the random split, whose score is optimistic",
        )
    if speakers.nunique() < 2:
        raise SplitError(
            f"all clips are of one speaker ({speakers.iloc[0]})",
            "at least two speakers are expected for a speaker-independent split",
            "Add another speaker, or choose the random split and read its score as optimistic",
        )
    return speakers


def _corpus_split(table: pd.DataFrame, kind: str) -> Split:
    name = kind.removeprefix("corpus:")
    inside = (table["corpus"] == name).to_numpy()
    known = ", ".join(sorted(table["corpus"].dropna().unique()))
    if not inside.any():
        raise SplitError(f"no usable clip is of a corpus {name!r}", f"the corpora here are {known}")
    if inside.all():
        raise SplitError(
            f"all clips are of the corpus {name}",
            "a second corpus to train on is expected",
            "Name another corpus folder beside it",
        )
    train, test = np.flatnonzero(~inside), np.flatnonzero(inside)
    emotions = table["emotion"].to_numpy(dtype=object)
    unseen = sorted(set(emotions[test]) - set(emotions[train]))
    if len(set(emotions[train])) < 2:
        raise SplitError("the other corpora show only one emotion", "at least two are expected to train on")
    kept = test[~np.isin(emotions[test], unseen)]
    if not len(kept):
        raise SplitError(f"{name} shares no emotion with the other corpora", "", "Choose another corpus")
    notes: tuple[str, ...] = ()
    if unseen:
        notes = (f"{len(test) - len(kept)} clips of {name} are left out: no training clip is {', '.join(unseen)}.",)
    return Split(kind, (Fold(train, kept),), notes)


def _fold_count(chosen: int | None, available: int, what: str) -> tuple[int, tuple[str, ...]]:
    wanted = DEFAULT_FOLDS if chosen is None else chosen
    if wanted <= available:
        return wanted, ()
    if chosen is not None:
        raise SplitError(
            f"{chosen} folds for {available} {what}",
            "each fold needs one of its own",
            f"Choose {max(available, 1)} folds or fewer",
        )
    return available, (f"{available} folds instead of {wanted}: there are {available} {what}.",)


def _as_folds(pairs: Iterable[tuple[np.ndarray, np.ndarray]], count: int) -> tuple[Fold, ...]:
    folds = [Fold(np.asarray(train), np.asarray(test)) for train, test in pairs]
    return tuple(fold for fold in folds[: max(count, 1)] if len(fold.train) and len(fold.test))


def _folds_in_words(folds: tuple[Fold, ...], done: int) -> str:
    if len(folds) > 1:
        return f"{len(folds)} folds" if done == len(folds) else f"{done} of {len(folds)} folds"
    test = round(100 * len(folds[0].test) / (len(folds[0].train) + len(folds[0].test)))
    return f"one {100 - test}/{test} split"
