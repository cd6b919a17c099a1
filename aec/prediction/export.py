"""All answers of a visit or a command as one JSON value or one CSV table."""

import csv
import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aec.errors import AecError

if TYPE_CHECKING:
    from aec.prediction.predictor import Prediction

Result = tuple[str, "Prediction | AecError"]


def results_dict(model_name: str, results: Sequence[Result]) -> dict[str, Any]:
    """Return the model's name, and for each clip its prediction or its error, as JSON types.

    Parameters
    ----------
    model_name : str
    results : sequence of (str, Prediction or AecError)
        Names of clips with what came of them.
    """
    return {"model": model_name, "clips": [_as_dict(name, result) for name, result in results]}


def results_json(model_name: str, results: Sequence[Result]) -> str:
    """Return `results_dict` as strict JSON text."""
    return json.dumps(results_dict(model_name, results), indent=2, ensure_ascii=False, allow_nan=False)


def results_csv(labels: Sequence[str], results: Sequence[Result]) -> str:
    """Return a CSV table with one row per clip, one column per emotion, and the timeline as JSON in the last.

    Parameters
    ----------
    labels : sequence of str
        The model's emotions.
    results : sequence of (str, Prediction or AecError)
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["path", "emotion", "unsure", "second", "confidence", *labels, "duration_s", "notes", "error", "segments"]
    writer.writerow(head)
    for name, result in results:
        if isinstance(result, AecError):
            writer.writerow([name, *[""] * (len(labels) + 6), str(result), ""])
        else:
            writer.writerow([name, *_cells(labels, result)])
    return out.getvalue()


def _as_dict(name: str, result: "Prediction | AecError") -> dict[str, Any]:
    if isinstance(result, AecError):
        return {"path": name, "error": {"kind": result.kind, "message": result.message, "remedy": result.remedy}}
    return {"path": name, **result.to_dict()}


def _cells(labels: Sequence[str], result: "Prediction") -> list[str]:
    segments = result.to_dict().get("segments")
    return [
        result.emotion,
        str(result.unsure).lower(),
        result.second,
        str(result.confidence),
        *(str(result.probabilities[label]) for label in labels),
        str(result.duration_s),
        " ".join(note.text for note in result.notes),
        "",
        json.dumps(segments, allow_nan=False) if segments else "",
    ]
