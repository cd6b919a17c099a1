"""A saved model on other data: the same figures that a training reports."""

import time
from typing import Any

import numpy as np
import pandas as pd

from aec.corpora import Scan
from aec.errors import TrainingError
from aec.evaluation import evaluate
from aec.extraction import Extraction, Plan, extract_features
from aec.models.model_file import Model
from aec.settings import read_settings
from aec.store import FeatureStore

_BATCH = 64


def assess(model: Model, scan: Scan, *, title: str, jobs: int | None = None) -> dict[str, Any]:
    """Evaluate a model file on the usable clips of a scan.

    Parameters
    ----------
    model : Model
    scan : Scan
    title : str
        What to call the model in the report.
    jobs : int, optional

    Returns
    -------
    dict
        The report contract of `train`; `split` is None because nothing was divided.

    Raises
    ------
    TrainingError
        No clip has an emotion that the model knows.
    """
    started = time.perf_counter()
    table = scan.usable_table
    labels = model.card.labels
    known = table["emotion"].isin(labels).to_numpy()
    if not known.any():
        raise TrainingError(
            f"none of the {len(table)} usable clips shows an emotion that the model knows",
            f"it knows {', '.join(labels)}",
            "Name a corpus that has some of them",
        )
    table = table[known].reset_index(drop=True)
    extraction = _extract(model, table, jobs)
    with extraction.features:
        probabilities = _answers(model, extraction)
    tested = table.iloc[extraction.rows]
    truth = tested["emotion"].map(list(labels).index).to_numpy(dtype=np.int64)
    speakers = tested["speaker"].to_numpy(dtype=object)
    evaluation = evaluate(truth, probabilities.argmax(axis=1), labels, speakers)
    left_out = int((~known).sum())
    notes = [f"{left_out} clips show an emotion that the model does not know; they are left out."] if left_out else []
    return {
        "model": title,
        "split": None,
        "folds": None,
        "n_train": model.card.training.clips,
        "n_test": len(tested),
        **evaluation.to_dict(),
        "leaks": [_shared_corpora(model, tested)],
        "notes": [*scan.notes, *notes],
        "seconds": round(time.perf_counter() - started, 3),
        "run": None,
    }


def _extract(model: Model, table: pd.DataFrame, jobs: int | None) -> Extraction:
    return extract_features(
        table["path"].tolist(),
        model.card.features[0],
        Plan(jobs=jobs or -1),
        digests=table["digest"].tolist(),
        store=FeatureStore(read_settings().home / "features.sqlite"),
    )


def _answers(model: Model, extraction: Extraction) -> np.ndarray:
    rows = extraction.rows
    parts = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    return np.concatenate([model.predict(extraction.features.read(p), extraction.lengths[p]) for p in parts])


def _shared_corpora(model: Model, tested: pd.DataFrame) -> dict[str, Any]:
    shared = sorted(set(tested["corpus"].dropna()) & set(model.card.training.corpora))
    if shared:
        detail = f"The model was trained on clips of {', '.join(shared)}: the score may be optimistic."
    else:
        detail = "No corpus is both in the model's training data and here."
    return {"kind": "corpus_in_training_data", "found": bool(shared), "detail": detail}
