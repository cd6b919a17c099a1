"""The clips, features and split that every fold works on."""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aec.corpora import Scan
from aec.emotions import EMOTIONS
from aec.errors import CancelledError
from aec.evaluation.splits import Split, make_split
from aec.features.extraction import Extraction, extract_features
from aec.features.extraction_settings import ExtractionSettings
from aec.features.feature_store import FeatureStore
from aec.models.samples import Samples
from aec.settings import read_settings
from aec.training.settings import TrainingSettings

Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, eq=False)
class Material:
    """What every fold works on; row i of each is clip i of the table."""

    table: pd.DataFrame
    labels: tuple[str, ...]
    samples: Samples
    split: Split
    digest: str


def make_material(
    table: pd.DataFrame, extraction: Extraction, settings: TrainingSettings, scan: Scan
) -> tuple[Material, list[str]]:
    """Drop the clips without features, number the labels, make the split; also return what there is to tell."""
    notes = list(scan.notes)
    left_out = sum(scan.left_out.values())
    if left_out:
        names = ", ".join(f"{count} {name}" for name, count in scan.left_out.items() if count)
        notes.append(f"{left_out} clips are outside the label set {settings.labels!r} and left out: {names}.")
    rows = extraction.rows
    if len(extraction.failures):
        first = extraction.failures[0]
        notes.append(f"{len(extraction.failures)} clips gave no features and are left out; first: {first.error}")
    longest = settings.spec.max_frames
    if settings.is_network and longest is not None and (cut := int((extraction.lengths == longest).sum())):
        seconds = longest * settings.spec.hop_s
        notes.append(f"{cut} clips are longer than {seconds:.0f} s; what comes after is left out.")
    kept = table.iloc[rows].reset_index(drop=True)
    labels = tuple(emotion for emotion in EMOTIONS if (kept["emotion"] == emotion).any())
    split = make_split(kept, settings.split, settings.folds, settings.recipe.seed)
    notes.extend(split.notes)
    material = Material(
        table=kept,
        labels=labels,
        samples=Samples(
            features=extraction.features.select(rows),
            lengths=extraction.lengths[rows],
            targets=kept["emotion"].map(labels.index).to_numpy(dtype=np.int64),
            n_labels=len(labels),
            spec=settings.spec,
        ),
        split=split,
        digest=digest_of(kept),
    )
    return material, notes


def extract(
    table: pd.DataFrame,
    settings: TrainingSettings,
    jobs: int | None,
    use_store: bool,
    tell: Progress,
    stop: threading.Event,
) -> Extraction:
    """Extract the features of a table's clips with our engine."""
    step = max(1, len(table) // 50)

    def report(done: int, total: int) -> None:
        if stop.is_set():
            raise CancelledError("the training was cancelled before its first epoch", "", "Start it again")
        if done % step == 0 or done == total:
            tell({"stage": "extract", "done": done, "total": total})

    return extract_features(
        table["path"].tolist(),
        settings.spec,
        ExtractionSettings(jobs=jobs or -1),
        digests=table["digest"].tolist(),
        store=FeatureStore(read_settings().home / "features.sqlite") if use_store else None,
        progress=report,
    )


def digest_of(table: pd.DataFrame) -> str:
    """Return a SHA-256 over the clips, emotions and speakers of a table, whatever their order."""
    lines = sorted(f"{row.digest}\t{row.emotion}\t{row.speaker}" for row in table.itertuples())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
