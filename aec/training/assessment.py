"""A saved model on other data: the same figures that a training reports."""

import time
from base64 import b64decode, b64encode
from typing import Any

import numpy as np
import pandas as pd

from aec.corpora import Scan
from aec.errors import TrainingError
from aec.evaluation.metrics import evaluate
from aec.features.extraction import Extraction, extract_features
from aec.features.extraction_settings import ExtractionSettings
from aec.features.feature_store import FeatureStore
from aec.models.model import Model
from aec.settings import read_settings

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
        "leaks": _leaks(model, tested),
        "notes": [*scan.notes, *notes],
        "seconds": round(time.perf_counter() - started, 3),
        "run": None,
    }


def _extract(model: Model, table: pd.DataFrame, jobs: int | None) -> Extraction:
    return extract_features(
        table["path"].tolist(),
        model.card.features[0],
        ExtractionSettings(jobs=jobs or -1),
        digests=table["digest"].tolist(),
        store=FeatureStore(read_settings().home / "features.sqlite"),
    )


def _answers(model: Model, extraction: Extraction) -> np.ndarray:
    rows = extraction.rows
    parts = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    return np.concatenate([model.predict(extraction.features.read(p), extraction.lengths[p]) for p in parts])


def fingerprint(taught: pd.DataFrame) -> dict[str, Any]:
    """Return what a card keeps so that a later test on the same clips or voices is noticed.

    Parameters
    ----------
    taught : pd.DataFrame
        The table of clips that taught the model.

    Returns
    -------
    dict
        `speakers`, and `clip_digests`: four bytes of each clip's digest, in base64. A card has no room for whole
        digests; two clips share four bytes by chance once in four thousand million pairs.
    """
    digests = b"".join(_short(digest) for digest in sorted(taught["digest"].dropna()))
    return {"speakers": sorted(taught["speaker"].dropna().unique()), "clip_digests": b64encode(digests).decode()}


def _leaks(model: Model, tested: pd.DataFrame) -> list[dict[str, Any]]:
    """Audit leaks against the clips and speakers listed in the card, as `evaluation.splits.audit_leaks`."""
    extra = model.card.extra
    voices = set(extra["speakers"]) if _is_list(extra.get("speakers")) else None
    known = _unpacked(extra.get("clip_digests"))
    digests = tested["digest"].dropna()
    shared = None if known is None else sum(_short(digest) in known for digest in digests)
    met = None if not voices else len(voices & set(tested["speaker"].dropna()))
    return [
        _leak("speakers_on_both_sides", met, "speakers of these clips taught the model"),
        _leak("identical_audio_on_both_sides", shared, "of these clips taught the model"),
    ]


def _leak(kind: str, count: int | None, what: str) -> dict[str, Any]:
    if count is None:
        return {"kind": kind, "found": None, "detail": "Cannot be checked: the model's card does not say."}
    detail = f"{count} {what}: the score is optimistic." if count else f"None {what.removeprefix('of ')}."
    return {"kind": kind, "found": count > 0, "detail": detail[0].upper() + detail[1:]}


def _short(digest: str) -> bytes:
    return bytes.fromhex(digest[:8])


def _unpacked(text: object) -> set[bytes] | None:
    try:
        content = b64decode(str(text or ""), validate=True)
    except ValueError:
        return None
    return {content[at : at + 4] for at in range(0, len(content), 4)} or None


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
