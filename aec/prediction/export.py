"""Predictions of many clips as JSON or CSV: the only place that writes them."""

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from aec.errors import AecError
from aec.system.structs import to_json

if TYPE_CHECKING:
    from aec.prediction.predictor import Prediction

# A clip's name with its prediction, or the error that prevented one.
ClipResult = tuple[str, "Prediction | AecError"]
_COLUMNS = ("path", "emotion", "unsure", "second", "confidence")
_LAST_COLUMNS = ("duration_s", "notes", "error", "segments")


def results_fields(model_name: str, results: Sequence[ClipResult]) -> dict[str, object]:
    """Return all results as one value of JSON types: `model`, and `clips` in order.

    Parameters
    ----------
    model_name : str
    results : sequence of (str, Prediction or AecError)
    """
    return {"model": model_name, "clips": [clip_fields(name, result) for name, result in results]}


def clip_fields(name: str, result: "Prediction | AecError") -> dict[str, object]:
    """Return one clip's prediction or error as JSON types."""
    if isinstance(result, AecError):
        return {"path": name, "error": {"kind": result.kind, "message": result.message, "remedy": result.remedy}}
    return {"path": name, **msgspec.to_builtins(result)}


def results_json(model_name: str, results: Sequence[ClipResult]) -> str:
    """Return `results_fields` as strict JSON text."""
    return to_json(results_fields(model_name, results), indent=2)


def results_csv(labels: Sequence[str], results: Sequence[ClipResult]) -> str:
    """Return a CSV table with a row per clip and a column per emotion.

    Parameters
    ----------
    labels : sequence of str
        The model's emotions.
    results : sequence of (str, Prediction or AecError)

    Returns
    -------
    str
        The timeline is JSON in the last column.
    """
    out = io.StringIO()
    writer = csv.DictWriter(
        out, [*_COLUMNS, *labels, *_LAST_COLUMNS], restval="", extrasaction="ignore", lineterminator="\n"
    )
    writer.writeheader()
    for name, result in results:
        if isinstance(result, AecError):
            writer.writerow({"path": name, "error": str(result)})
        else:
            fields = {**clip_fields(name, result), **result.probabilities, "unsure": str(result.unsure).lower()}
            fields["notes"] = " ".join(note.text for note in result.notes)
            fields["segments"] = to_json(result.segments) if result.segments else ""
            writer.writerow(fields)
    return out.getvalue()
