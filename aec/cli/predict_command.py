"""`aec predict`: what clips express."""

import csv
import sys
from argparse import Namespace
from typing import Any

from aec.archives import NamedClip, expand
from aec.cli.models import open_model
from aec.cli.output import print_json
from aec.errors import AecError
from aec.models.model_file import Model
from aec.prediction import Prediction, predict_source


def run(arguments: Namespace) -> int:
    """Predict every clip; those that fail are told beside the others."""
    model = open_model(arguments.model)
    results = [(clip.name, _predict(model, clip)) for clip in expand(arguments.clips)]
    if arguments.json:
        title = arguments.model or model.card.name
        print_json({"model": title, "clips": [_as_dict(*result) for result in results]})
    elif arguments.csv:
        _print_csv(results, model.card.labels)
    else:
        for name, result in results:
            _print_lines(name, result)
    return int(any(isinstance(result, AecError) for _, result in results))


def _predict(model: Model, clip: NamedClip) -> Prediction | AecError:
    if isinstance(clip.source, AecError):
        return clip.source
    try:
        return predict_source(model, clip.source, name=clip.name)
    except AecError as error:
        return error


def _as_dict(name: str, result: Prediction | AecError) -> dict[str, Any]:
    if isinstance(result, AecError):
        return {"path": name, "error": {"kind": result.kind, "message": result.message, "remedy": result.remedy}}
    return {"path": name, **result.to_dict()}


def _print_csv(results: list[tuple[str, Prediction | AecError]], labels: tuple[str, ...]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["path", "emotion", "unsure", "second", "confidence", *labels, "duration_s", "notes", "error"])
    for name, result in results:
        if isinstance(result, AecError):
            writer.writerow([name, *[""] * (len(labels) + 6), str(result)])
            continue
        shares = [f"{result.probabilities[label]:.4f}" for label in labels]
        head = [name, result.emotion, str(result.unsure).lower(), result.second, f"{result.confidence:.4f}"]
        notes = " ".join(note.text for note in result.notes)
        writer.writerow([*head, *shares, f"{result.duration_s:.3f}", notes, ""])


def _print_lines(name: str, result: Prediction | AecError) -> None:
    if isinstance(result, AecError):
        print(f"{name}: {result}")
        return
    print(f"{name}: {result.headline}")
    ranked = sorted(result.probabilities.items(), key=lambda item: -item[1])
    print("  " + ", ".join(f"{label} {share:.0%}" for label, share in ranked))
    for note in result.notes:
        print(f"  {note.text}")
