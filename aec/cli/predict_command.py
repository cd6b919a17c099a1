"""`aec predict`: predict the emotion of clips."""

from argparse import Namespace

from aec.cli.functions import load_model
from aec.cli.output import print_json
from aec.errors import AecError
from aec.models.model import Model
from aec.prediction.archives import ClipSource, find_clips
from aec.prediction.export import results_csv, results_fields
from aec.prediction.labelled import score_labelled
from aec.prediction.predictor import Prediction, predict_source
from aec.prediction.timeline import Windowing, emotion_spans, windowing_for


def run(arguments: Namespace) -> int:
    """Predict every clip and print the results, errors included."""
    model = load_model(arguments.model)
    windowing = windowing_for(model.card.features[0], arguments.window, arguments.hop)
    results = [(clip.name, _predict(model, clip, windowing)) for clip in find_clips(arguments.clips)]
    if arguments.json:
        print_json(results_fields(arguments.model or model.card.name, results))
    elif arguments.csv:
        print(results_csv(model.card.labels, results), end="")
    else:
        for name, result in results:
            _print_lines(name, result, model.card.unsure_below)
        if score := score_labelled(results, model.card.labels):
            print(score.sentence)
    return int(any(isinstance(result, AecError) for _, result in results))


def _predict(model: Model, clip: ClipSource, windowing: Windowing) -> Prediction | AecError:
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
    print("  " + ", ".join(f"{label} {probability:.0%}" for label, probability in ranked))
    for span in emotion_spans(result.segments, unsure_below):
        confidence = "" if span.confidence is None else f" {span.confidence:.0%}"
        print(f"  {span.start_s:.1f} to {span.end_s:.1f} s: {span.title}{confidence}")
    for note in result.notes:
        print(f"  {note.text}")
