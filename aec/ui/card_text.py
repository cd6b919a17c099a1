"""A model card as text: one line for the top of a page, facts for its tab."""

from typing import TYPE_CHECKING

from aec.charts.words import counted, percent, titled

if TYPE_CHECKING:
    from aec.features import FeatureSpec
    from aec.models.card import ModelCard

FAMILY_TITLES = {
    "mlp": "Multilayer perceptron",
    "cnn": "Convolutional network",
    "rnn": "Recurrent network",
    "crnn": "Convolutional and recurrent network",
    "ensemble": "Ensemble of models",
}
SYNTHETIC = "synthetic speech"


def card_line(card: "ModelCard") -> str:
    """Return the card as one line: name, emotions, training data, score."""
    return " · ".join([card.name, counted(len(card.labels), "emotion"), training_text(card), score_text(card)])


def training_text(card: "ModelCard") -> str:
    """Return a summary of the training data; synthetic speech is named as such."""
    data = card.training
    if not data.clips:
        return "training data unknown"
    of = f" of {SYNTHETIC}" if data.synthetic else ""
    by = f" by {counted(data.speakers, 'voice' if data.synthetic else 'speaker')}" if data.speakers else ""
    return f"trained on {counted(data.clips, 'clip')}{of}{by}"


def score_text(card: "ModelCard") -> str:
    """Return the UAR with its interval and protocol."""
    uar = card.metrics["uar"]
    if uar is None:
        return "score not measured"
    interval = card.intervals["uar"]
    within = f" (95% interval {interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
    return f"UAR {uar:.2f}{within}, {card.split or 'protocol not stated'}"


def card_facts(card: "ModelCard") -> dict[str, str]:
    """Return the facts of the model and its training data by title."""
    data = card.training
    corpora = ", ".join(f"{name} ({counted(n, 'clip')})" for name, n in data.corpora.items())
    facts = {
        "Kind": FAMILY_TITLES[card.family],
        "Emotions": ", ".join(card.labels),
        "Trained on": titled(training_text(card).removeprefix("trained on ")),
    }
    if corpora:
        facts["Corpora"] = corpora
    if data.synthetic:
        facts["Kind of speech"] = "Synthetic: every voice was made by a program. Expect less on real voices."
    facts["Tested on"] = titled(card.split) if card.split else "Not stated"
    facts["“Unsure”"] = f"Below {percent(card.unsure_below)} confidence"
    facts["Calibration"] = calibration_text(card)
    facts["Input"] = features_text(card.features[0])
    facts["Created"] = card.created[:10]
    return facts


def calibration_text(card: "ModelCard") -> str:
    """Return the calibration error in words, where the card has one."""
    error = card.extra.get("calibration_error")
    # `extra` may hold anything: it comes from the file.
    if isinstance(error, bool) or not isinstance(error, int | float) or not 0 <= error <= 1:
        return "Not measured: how often it is right at a given confidence is not known"
    points = counted(round(100 * error), "percentage point")
    where = f"{card.split or 'protocol not stated'}; divided by a temperature of {card.temperature:.2f}"
    return f"On average its confidence and the share of right answers differ by {points} ({where})"


def features_text(spec: "FeatureSpec") -> str:
    """Return the features of a spec in words."""
    what = f"{spec.n_mfcc} MFCCs" if spec.kind == "mfcc" else f"{spec.n_mels} mel bands"
    view = "" if spec.max_frames is None else f", up to {spec.max_frames * spec.hop_s:.1f} s at once"
    return f"{what} every {1000 * spec.hop_s:.1f} ms at {spec.sampling_rate:,} Hz{view}"
