"""Which clips there are, and who is tested by whom."""

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
# Two voices of TESS say hundreds of short sentences each; so many of each voice and emotion are learned from.
TESS_CLIPS = 30


@dataclass(frozen=True, eq=False)
class Part:
    """A training: rows of the table to learn from, and rows to test on."""

    name: str
    train: np.ndarray
    test: np.ndarray


def clips_of(corpora: Path, memory: Path) -> pd.DataFrame:
    """Return the clips of the three corpora below a folder, then those of demo voices that no page offers as samples.

    Raises
    ------
    UsageError
        One of the corpora is not there.
    """
    found = scan([str(corpora)], labels="seven", cache=memory).usable_table
    found = found[found["corpus"].isin(CORPORA)]
    if missing := sorted(set(CORPORA) - set(found["corpus"])):
        raise UsageError(f"{corpora} lacks {', '.join(missing)}", f"a folder with {', '.join(CORPORA)} is expected")
    demo = scan([str(folder) for folder in DEMO_FOLDERS.values()], labels="seven", cache=memory).usable_table
    # No figure counts these voices, which a program made.
    demo = demo[~demo["speaker"].isin(SAMPLE_VOICES)]
    return pd.concat([found, demo], ignore_index=True)


def parts_of(table: pd.DataFrame) -> list[Part]:
    """Return all trainings: five folds of unseen speakers, three of unseen corpora, and one on everything.

    In a fold four speakers of RAVDESS, one or two of EmoDB and, in the first two, one of TESS are tested; the model
    learns from all others.
    """
    corpus, speaker = table["corpus"].to_numpy(dtype=object), table["speaker"].to_numpy(dtype=object)
    learned = _learned(table)
    parts = []
    for number, tested in enumerate(_folds(table), 1):
        out = np.isin(speaker, tested)
        parts.append(Part(f"fold{number}", np.flatnonzero(learned & ~out), np.flatnonzero(out)))
    for name in CORPORA:
        out = corpus == name
        parts.append(Part(f"without-{name}", np.flatnonzero(learned & ~out), np.flatnonzero(out)))
    return [*parts, Part("all", np.flatnonzero(learned), np.empty(0, dtype=np.int64))]


def _folds(table: pd.DataFrame) -> Iterator[list[str]]:
    by_corpus = {name: sorted(table.loc[table["corpus"] == name, "speaker"].unique()) for name in CORPORA}
    shares = {name: np.array_split(np.array(speakers, dtype=object), FOLDS) for name, speakers in by_corpus.items()}
    for fold in range(FOLDS):
        yield [str(speaker) for name in CORPORA for speaker in shares[name][fold]]


def _learned(table: pd.DataFrame) -> np.ndarray:
    """Return which clips are learned from at all [shape=(clips,), dtype=bool]."""
    learned = np.ones(len(table), dtype=bool)
    tess = table[table["corpus"] == "tess"]
    rng = np.random.default_rng(0)
    for _, group in tess.groupby(["speaker", "emotion"], sort=True):
        rows = group.index.to_numpy()
        learned[rng.permutation(rows)[TESS_CLIPS:]] = False
    return learned
