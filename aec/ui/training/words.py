"""What is about to be trained, in words."""

from aec.charts.words import counted
from aec.ui.training.plan import Plan

SPLIT_TITLES = {
    "speaker": "Unseen speakers",
    "random": "Random clips",
    "corpus": "One corpus against the rest",
}
SPLIT_CAPTIONS = {
    "speaker": "Nobody is in both training and test: how it does on new voices.",
    "random": "Optimistic: speakers are on both sides.",
    "corpus": "Trains on the other corpora: new voices, new recordings.",
}
MODEL_TITLES = {"mlp": "MLP", "cnn": "CNN", "rnn": "RNN", "crnn": "CRNN"}
PARALLEL_TITLES = {"data": "Data: each has a copy and a share of each batch", "model": "Model: each has a part of it"}
FEATURE_TITLES = {"mfcc": "MFCCs", "logmel": "Log-mel spectrogram"}


def plan_sentence(plan: Plan, split: str) -> str:
    """Return how many clips and speakers go where.

    Parameters
    ----------
    plan : Plan
    split : str
        `speaker`, `random` or `corpus:NAME`.
    """
    sides = (
        f"trains on {_span(plan.train_clips, 'clip')}{_by(plan.train_speakers)} "
        f"and tests on {_span(plan.test_clips, 'clip')}{_by(plan.test_speakers)}"
    )
    tail = {"speaker": "none of whom it trained on", "random": "most of whom it trained on: optimistic"}.get(split)
    tail = f", {tail}" if tail and plan.speakers else ""
    if plan.folds == 1:
        return f"The model {sides}{tail}."
    return f"Each of {plan.folds} folds {sides}{tail}. Every clip is tested once."


def plan_total(plan: Plan) -> str:
    """Return what there is in all."""
    voices = f", {counted(plan.speakers, 'speaker')}" if plan.speakers else ", speakers unknown"
    named = "" if plan.decoded else ", counted by their names: those that cannot be used are left out later"
    return f"{counted(plan.clips, 'clip')}{voices}, {counted(plan.emotions, 'emotion')}{named}"


def _span(ends: tuple[int, int], noun: str) -> str:
    low, high = ends
    return counted(low, noun) if low == high else f"{low:,} to {counted(high, noun)}"


def _by(ends: tuple[int, int]) -> str:
    return f" of {_span(ends, 'speaker')}" if ends[1] else ""
