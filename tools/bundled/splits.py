"""Clips and trainings: speaker folds, corpora held out, all clips."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from aec.corpora import scan
from aec.corpora.demo import DEMO_FOLDERS, SAMPLE_VOICES
from aec.emotions import LABEL_SETS
from aec.errors import UsageError

LABELS = LABEL_SETS["seven"]
CORPORA = ("ravdess", "emodb", "tess")
FOLDS = 5
# Training clips per voice and emotion of TESS, whose two voices say hundreds of short sentences each.
TESS_CLIPS = 30


@dataclass(frozen=True, eq=False)
class Training:
    """A training: rows of the table to train on, and rows to test on."""

    name: str
    train: np.ndarray
    test: np.ndarray


def training_clips(corpora: Path, cache: Path) -> pd.DataFrame:
    """Return the clips of the three corpora below a folder, then of the demo voices.

    Demo voices that a page offers as samples are left out.

    Raises
    ------
    UsageError
        A corpus is missing.
    """
    found = scan([str(corpora)], labels="seven", cache=cache).usable_table
    found = found[found["corpus"].isin(CORPORA)]
    if missing := sorted(set(CORPORA) - set(found["corpus"])):
        raise UsageError(f"{corpora} lacks {', '.join(missing)}", f"a folder with {', '.join(CORPORA)} is expected")
    demo = scan([str(folder) for folder in DEMO_FOLDERS.values()], labels="seven", cache=cache).usable_table
    # Synthetic voices are only trained on, never tested.
    demo = demo[~demo["speaker"].isin(SAMPLE_VOICES)]
    return pd.concat([found, demo], ignore_index=True)


def trainings_of(table: pd.DataFrame) -> list[Training]:
    """Return the trainings: 5 speaker folds, 3 held-out corpora, and one on all clips.

    A fold tests four speakers of RAVDESS, one or two of EmoDB and, in the first two folds, one of TESS.
    """
    corpus, speaker = table["corpus"].to_numpy(dtype=object), table["speaker"].to_numpy(dtype=object)
    eligible = _eligible(table)
    trainings = []
    for number, tested in enumerate(_fold_speakers(table), 1):
        held_out = np.isin(speaker, tested)
        trainings.append(Training(f"fold{number}", np.flatnonzero(eligible & ~held_out), np.flatnonzero(held_out)))
    for name in CORPORA:
        held_out = corpus == name
        trainings.append(Training(f"without-{name}", np.flatnonzero(eligible & ~held_out), np.flatnonzero(held_out)))
    return [*trainings, Training("all", np.flatnonzero(eligible), np.empty(0, dtype=np.int64))]


def _fold_speakers(table: pd.DataFrame) -> Iterator[list[str]]:
    by_corpus = {name: sorted(table.loc[table["corpus"] == name, "speaker"].unique()) for name in CORPORA}
    shares = {name: np.array_split(np.array(speakers, dtype=object), FOLDS) for name, speakers in by_corpus.items()}
    for fold in range(FOLDS):
        yield [str(speaker) for name in CORPORA for speaker in shares[name][fold]]


def _eligible(table: pd.DataFrame) -> np.ndarray:
    """Return the mask of clips to train on [shape=(clips,), dtype=bool]."""
    eligible = np.ones(len(table), dtype=bool)
    tess = table[table["corpus"] == "tess"]
    rng = np.random.default_rng(0)
    for _, group in tess.groupby(["speaker", "emotion"], sort=True):
        rows = group.index.to_numpy()
        eligible[rng.permutation(rows)[TESS_CLIPS:]] = False
    return eligible
