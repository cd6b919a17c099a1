"""A model's card in words: one line for the top of a page, tables for its tab."""

from typing import TYPE_CHECKING

from aec.charts.words import counted, percent, titled

if TYPE_CHECKING:
    from aec.features import FeatureSpec
    from aec.models.card import ModelCard

METRIC_TITLES = {
    "uar": "UAR (mean recall over emotions)",
    "accuracy": "Accuracy",
    "f1_weighted": "F1, weighted by clips",
    "f1_macro": "F1, mean over emotions",
}
FAMILY_TITLES = {
    "mlp": "Multilayer perceptron",
    "cnn": "Convolutional network",
    "rnn": "Recurrent network",
    "crnn": "Convolutional and recurrent network",
    "ensemble": "Ensemble of models",
}
SYNTHETIC = "synthetic speech"


def card_line(card: "ModelCard") -> str:
    """Return the card as one line: what the model tells apart, what it learned from, how well it does on whom."""
    return " · ".join([card.name, counted(len(card.labels), "emotion"), training_words(card), score_words(card)])


def training_words(card: "ModelCard") -> str:
    """Return what the model was trained on, synthetic speech named as such."""
    data = card.training
    if not data.clips:
        return "training data unknown"
    of = f" of {SYNTHETIC}" if data.synthetic else ""
    by = f" by {counted(data.speakers, 'voice' if data.synthetic else 'speaker')}" if data.speakers else ""
    return f"trained on {counted(data.clips, 'clip')}{of}{by}"


def score_words(card: "ModelCard") -> str:
    """Return the score that counts, never without its protocol and interval."""
    uar = card.metrics["uar"]
    if uar is None:
        return "score not measured"
    interval = card.intervals["uar"]
    within = f" (95% interval {interval[0]:.2f} to {interval[1]:.2f})" if interval else ""
    return f"UAR {uar:.2f}{within}, {card.split or 'protocol not stated'}"


def facts_of(card: "ModelCard") -> dict[str, str]:
    """Return what the model is and learned from, title by title."""
    data = card.training
    corpora = ", ".join(f"{name} ({counted(n, 'clip')})" for name, n in data.corpora.items())
    facts = {
        "Kind": FAMILY_TITLES[card.family],
        "Emotions": ", ".join(card.labels),
        "Trained on": titled(training_words(card).removeprefix("trained on ")),
    }
    if corpora:
        facts["Corpora"] = corpora
    if data.synthetic:
        facts["Kind of speech"] = "Synthetic: every voice was made by a program. Expect less on real voices."
    facts["Tested on"] = titled(card.split) if card.split else "Not stated"
    facts["Answers “unsure”"] = f"Below {percent(card.unsure_below)} confidence"
    facts["Calibration"] = calibration_words(card)
    facts["Hears"] = features_words(card.features[0])
    facts["Made"] = card.created[:10]
    return facts


def calibration_words(card: "ModelCard") -> str:
    """Return how far the model's confidence can be believed, as far as its card tells."""
    error = card.extra.get("calibration_error")
    # A card's extra may hold anything: it comes from the file.
    if isinstance(error, bool) or not isinstance(error, int | float) or not 0 <= error <= 1:
        return "Not measured: how often it is right at a given confidence is not known"
    points = counted(round(100 * error), "percentage point")
    where = f"{card.split or 'protocol not stated'}; divided by a temperature of {card.temperature:.2f}"
    return f"On average its confidence and the share of right answers differ by {points} ({where})"


def features_words(spec: "FeatureSpec") -> str:
    """Return what a model is fed with, in words."""
    what = f"{spec.n_mfcc} MFCCs" if spec.kind == "mfcc" else f"{spec.n_mels} mel bands"
    view = "" if spec.max_frames is None else f", up to {spec.max_frames * spec.hop_s:.1f} s at once"
    return f"{what} every {1000 * spec.hop_s:.1f} ms at {spec.sampling_rate:,} Hz{view}"


def score_rows(card: "ModelCard") -> list[dict[str, str]]:
    """Return one row per measured score: its name, value, 95% interval, and what guessing would give."""
    rows = []
    for name, title in METRIC_TITLES.items():
        score, interval = card.metrics[name], card.intervals[name]
        if score is None:
            continue
        rows.append(
            {
                "Score": title,
                "Value": f"{score:.2f}",
                "95% interval": f"{interval[0]:.2f} to {interval[1]:.2f}" if interval else "none",
                "Guessing": f"{1 / len(card.labels):.2f}" if name == "uar" else "",
            }
        )
    return rows


def class_rows(card: "ModelCard") -> list[dict[str, str | float | int | None]]:
    """Return one row per emotion: precision, recall, F1 and the clips it was tested on."""
    return [
        {
            "Emotion": titled(emotion),
            "Precision": scores["precision"],
            "Recall": scores["recall"],
            "F1": scores["f1"],
            "Clips": scores["support"],
        }
        for emotion, scores in card.per_class.items()
    ]
