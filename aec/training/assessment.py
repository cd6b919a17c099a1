"""Evaluation of a saved model on other data."""

import time
from base64 import b64decode, b64encode

import msgspec
import numpy as np
import pandas as pd

from aec.corpora import Scan
from aec.errors import TrainingError
from aec.evaluation.metrics import LeakFinding, evaluate
from aec.features.extraction import Extraction
from aec.models.model import Model
from aec.training.preparation import extract
from aec.training.results import EvaluationReport

_BATCH = 64


def assess(model: Model, scan: Scan, *, title: str, jobs: int | None = None) -> EvaluationReport:
    """Evaluate a model file on the usable clips of a scan.

    Parameters
    ----------
    model : Model
    scan : Scan
    title : str
        Name of the model in the report.
    jobs : int, optional

    Returns
    -------
    EvaluationReport
        `split`, `folds` and `run` are None because nothing was divided.

    Raises
    ------
    TrainingError
        No clip has one of the model's labels.
    """
    started = time.perf_counter()
    table = scan.usable_table
    labels = model.card.labels
    known = table["emotion"].isin(labels).to_numpy()
    if not known.any():
        raise TrainingError(
            f"none of the {len(table)} usable clips shows one of the model's emotions",
            f"the model's emotions are {', '.join(labels)}",
            "Name a corpus that has some of them",
        )
    table = table[known].reset_index(drop=True)
    extraction = extract(table, model.card.features[0], jobs=jobs)
    with extraction.features:
        probabilities = _probabilities(model, extraction)
    tested = table.iloc[extraction.rows]
    truth = tested["emotion"].map(list(labels).index).to_numpy(dtype=np.int64)
    evaluation = evaluate(truth, probabilities.argmax(axis=1), labels, tested["speaker"].to_numpy(dtype=object))
    left_out = int((~known).sum())
    notes = [f"{left_out} clips show an emotion that the model does not have; they are left out."] if left_out else []
    return EvaluationReport(
        **msgspec.structs.asdict(evaluation),
        model=title,
        split=None,
        folds=None,
        n_train=model.card.training.clips,
        n_test=len(tested),
        leaks=_leaks(model, tested),
        notes=(*scan.notes, *notes),
        seconds=round(time.perf_counter() - started, 3),
    )


def _probabilities(model: Model, extraction: Extraction) -> np.ndarray:
    rows = extraction.rows
    batches = [rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH)]
    return np.concatenate([model.predict(extraction.features.read(b), extraction.lengths[b]) for b in batches])


def fingerprint(trained_on: pd.DataFrame) -> dict[str, object]:
    """Return the part of a card by which tests on training clips are noticed.

    Parameters
    ----------
    trained_on : pd.DataFrame
        Table of the model's training clips.

    Returns
    -------
    dict
        `speakers`, and `clip_digests`: four bytes of each clip's digest, in base64. A card has no room for whole
        digests; two clips share four bytes by chance once in four thousand million pairs.
    """
    digests = b"".join(_short(digest) for digest in sorted(trained_on["digest"].dropna()))
    return {"speakers": sorted(trained_on["speaker"].dropna().unique()), "clip_digests": b64encode(digests).decode()}


def _leaks(model: Model, tested: pd.DataFrame) -> tuple[LeakFinding, ...]:
    """Audit the tested clips against the fingerprint in the model's card."""
    extra = model.card.extra
    speakers = set(extra["speakers"]) if _is_list(extra.get("speakers")) else None
    known = _unpacked(extra.get("clip_digests"))
    digests = tested["digest"].dropna()
    shared_clips = None if known is None else sum(_short(digest) in known for digest in digests)
    shared_speakers = None if not speakers else len(speakers & set(tested["speaker"].dropna()))
    return (
        _leak("speakers_on_both_sides", shared_speakers, "speakers of these clips were in the model's training data"),
        _leak("identical_audio_on_both_sides", shared_clips, "of these clips were in the model's training data"),
    )


def _leak(kind: str, count: int | None, what: str) -> LeakFinding:
    if count is None:
        return LeakFinding(kind=kind, found=None, detail="Cannot be checked: the model's card does not say.")
    detail = f"{count} {what}: the score is optimistic." if count else f"None {what.removeprefix('of ')}."
    return LeakFinding(kind=kind, found=count > 0, detail=detail[0].upper() + detail[1:])


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
