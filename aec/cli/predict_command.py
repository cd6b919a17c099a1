"""`aec predict`: what clips express."""

from argparse import Namespace

from aec.cli.functions import load_model
from aec.cli.output import print_json
from aec.errors import AecError
from aec.models.model import Model
from aec.prediction.archives import NamedClip, expand
from aec.prediction.export import results_csv, results_dict
from aec.prediction.labelled import labelled
from aec.prediction.predictor import Prediction, predict_source
from aec.prediction.timeline import Windowing, stretches_of, windowing_for


def run(arguments: Namespace) -> int:
    """Predict every clip; those that fail are told beside the others."""
    model = load_model(arguments.model)
    windowing = windowing_for(model.card.features[0], arguments.window, arguments.hop)
    results = [(clip.name, _predict(model, clip, windowing)) for clip in expand(arguments.clips)]
    if arguments.json:
        print_json(results_dict(arguments.model or model.card.name, results))
    elif arguments.csv:
        print(results_csv(model.card.labels, results), end="")
    else:
        for name, result in results:
            _print_lines(name, result, model.card.unsure_below)
        if found := labelled(results, model.card.labels):
            print(found.sentence)
    return int(any(isinstance(result, AecError) for _, result in results))


def _predict(model: Model, clip: NamedClip, windowing: Windowing) -> Prediction | AecError:
    if isinstance(clip.source, AecError):
        return clip.source
    try:
        return predict_source(model, clip.source, name=clip.name, windowing=windowing)
    except AecError as error:
        return error


def _print_lines(name: str, result: Prediction | AecError, unsure_below: float) -> None:
    if isinstance(result, AecError):
        print(f"{name}: {result}")
        return
    print(f"{name}: {result.headline}")
    ranked = sorted(result.probabilities.items(), key=lambda item: -item[1])
    print("  " + ", ".join(f"{label} {share:.0%}" for label, share in ranked))
    for stretch in stretches_of(result.segments, unsure_below):
        share = "" if stretch.confidence is None else f" {stretch.confidence:.0%}"
        print(f"  {stretch.start_s:.1f} to {stretch.end_s:.1f} s: {stretch.words}{share}")
    for note in result.notes:
        print(f"  {note.text}")
