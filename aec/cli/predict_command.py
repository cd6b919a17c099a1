"""`aec predict`: what clips express."""

from argparse import Namespace

from aec.archives import NamedClip, expand
from aec.cli.models import open_model
from aec.cli.output import print_json
from aec.errors import AecError
from aec.models.model_file import Model
from aec.prediction import Prediction, predict_source
from aec.results import results_csv, results_dict


def run(arguments: Namespace) -> int:
    """Predict every clip; those that fail are told beside the others."""
    model = open_model(arguments.model)
    results = [(clip.name, _predict(model, clip)) for clip in expand(arguments.clips)]
    if arguments.json:
        print_json(results_dict(arguments.model or model.card.name, results))
    elif arguments.csv:
        print(results_csv(model.card.labels, results), end="")
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


def _print_lines(name: str, result: Prediction | AecError) -> None:
    if isinstance(result, AecError):
        print(f"{name}: {result}")
        return
    print(f"{name}: {result.headline}")
    ranked = sorted(result.probabilities.items(), key=lambda item: -item[1])
    print("  " + ", ".join(f"{label} {share:.0%}" for label, share in ranked))
    for note in result.notes:
        print(f"  {note.text}")
