"""Features, labels and split of the clips to train on."""

import hashlib
import threading
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aec.corpora import Scan
from aec.emotions import EMOTIONS
from aec.errors import CancelledError, SplitError
from aec.evaluation.splits import Split, check_trainable, make_split
from aec.features import FeatureSpec
from aec.features.extraction import Extraction, extract_features
from aec.features.extraction_settings import ExtractionSettings
from aec.features.feature_store import FeatureStore
from aec.models.learner import LabelledFeatures
from aec.settings import read_settings
from aec.training.progress import ExtractionProgress, OnProgress
from aec.training.settings import TrainingSettings


@dataclass(frozen=True, eq=False)
class PreparedClips:
    """Clips with features; row i of table and samples is clip i.

    Parameters
    ----------
    table : pd.DataFrame
    labels : tuple of str
    samples : LabelledFeatures
    split : Split
    digest : str
        See `digest_of`.
    notes : tuple of str
        Sentences for the report: what was left out and why.
    """

    table: pd.DataFrame
    labels: tuple[str, ...]
    samples: LabelledFeatures
    split: Split
    digest: str
    notes: tuple[str, ...] = ()


def split_for(table: pd.DataFrame, settings: TrainingSettings) -> Split:
    """Divide the usable clips by the settings; see `make_split`."""
    return make_split(table, settings.split, settings.folds, settings.recipe.seed)


def prepare(scan: Scan, extraction: Extraction, settings: TrainingSettings, split: Split) -> PreparedClips:
    """Drop the clips without features and number the labels.

    Parameters
    ----------
    scan : Scan
    extraction : Extraction
        Of the scan's usable clips.
    settings : TrainingSettings
    split : Split
        Of the scan's usable clips.

    Raises
    ------
    SplitError
        Too few clips have features.
    """
    rows = extraction.rows
    kept = scan.usable_table.iloc[rows].reset_index(drop=True)
    check_trainable(kept)
    split = split.select(rows)
    if not split.folds:
        raise SplitError(
            "no fold has both training and test clips with features", "", "Check the problem report of the clips"
        )
    labels = tuple(emotion for emotion in EMOTIONS if (kept["emotion"] == emotion).any())
    return PreparedClips(
        table=kept,
        labels=labels,
        samples=LabelledFeatures(
            features=extraction.features.select(rows),
            lengths=extraction.lengths[rows],
            targets=kept["emotion"].map(labels.index).to_numpy(dtype=np.int64),
            n_labels=len(labels),
            spec=settings.spec,
        ),
        split=split,
        digest=digest_of(kept),
        notes=(*scan.notes, *_left_out(scan, extraction, settings), *split.notes),
    )


def _left_out(scan: Scan, extraction: Extraction, settings: TrainingSettings) -> list[str]:
    notes = []
    if left_out := sum(scan.left_out.values()):
        names = ", ".join(f"{count} {name}" for name, count in scan.left_out.items() if count)
        notes.append(f"{left_out} clips are outside the label set {settings.labels!r} and left out: {names}.")
    if len(extraction.failures):
        first = extraction.failures[0]
        notes.append(f"{len(extraction.failures)} clips gave no features and are left out; first: {first.error}")
    longest = settings.spec.max_frames
    if settings.is_network and longest is not None and (cut := int((extraction.lengths == longest).sum())):
        seconds = longest * settings.spec.hop_s
        notes.append(f"{cut} clips are longer than {seconds:.0f} s; what comes after is left out.")
    return notes


def extract(
    table: pd.DataFrame,
    spec: FeatureSpec,
    *,
    jobs: int | None = None,
    use_store: bool = True,
    on_progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> Extraction:
    """Extract the features of a table's clips with our engine."""
    step = max(1, len(table) // 50)

    def report(done: int, total: int) -> None:
        if stop is not None and stop.is_set():
            raise cancelled_too_early()
        if on_progress is not None and (done % step == 0 or done == total):
            on_progress(ExtractionProgress(done=done, total=total))

    return extract_features(
        table["path"].tolist(),
        spec,
        ExtractionSettings(jobs=jobs or -1),
        digests=table["digest"].tolist(),
        store=FeatureStore(read_settings().home / "features.sqlite") if use_store else None,
        progress=report,
    )


def cancelled_too_early() -> CancelledError:
    """Return the error of a training that was cancelled with nothing to keep."""
    return CancelledError("the training was cancelled before its first epoch", "", "Start it again")


def digest_of(table: pd.DataFrame) -> str:
    """Return a SHA-256 over clips, emotions and speakers, in any order of the rows."""
    lines = sorted(f"{row.digest}\t{row.emotion}\t{row.speaker}" for row in table.itertuples())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
