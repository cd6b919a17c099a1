"""The tables of a model card: scores, labels, corpora, degraded sound, confidence.

Corpora, degraded sound and confidence are in the card's `extra`, which may come from a stranger's file: an entry of
another form is left out.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta

from aec.charts.words import titled
from aec.corpora import corpus_title

if TYPE_CHECKING:
    from aec.models.card import ModelCard

Row = dict[str, str | float | int | None]

METRIC_TITLES = {
    "uar": "UAR (mean recall over emotions)",
    "accuracy": "Accuracy",
    "f1_weighted": "F1, weighted by clips",
    "f1_macro": "F1, mean over emotions",
}
_MAX_ENTRIES = 32
_MAX_LENGTH = 80
_T = TypeVar("_T")
_Share = Annotated[float, Meta(ge=0, le=1)]
_Count = Annotated[int, Meta(ge=0, le=10**9)] | None


class _CorpusScore(msgspec.Struct):
    uar: _Share
    interval: tuple[_Share, _Share] | None = None
    emotions: _Count = None
    speakers: _Count = None
    clips: _Count = None


class _DegradedScore(msgspec.Struct):
    title: str
    uar: _Share
    kept: Annotated[float, Meta(ge=0, le=10)]


class _Risk(msgspec.Struct):
    coverage: _Share
    confidence_from: _Share
    risk: _Share


def score_rows(card: "ModelCard") -> list[Row]:
    """Return one row per measured metric: value, 95% interval, value of guessing."""
    rows: list[Row] = []
    for name, title in METRIC_TITLES.items():
        score, interval = card.metrics[name], card.intervals[name]
        if score is not None:
            rows.append(
                {
                    "Score": title,
                    "Value": f"{score:.2f}",
                    "95% interval": _ends(interval) if interval else "none",
                    "Guessing": f"{1 / len(card.labels):.2f}" if name == "uar" else "",
                }
            )
    return rows


def class_rows(card: "ModelCard") -> list[Row]:
    """Return one row per emotion: precision, recall, F1 and the test clips."""
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


def corpus_rows(card: "ModelCard") -> list[Row]:
    """Return one row per corpus: the UAR on unseen speakers, and as an unseen corpus."""
    unseen = dict(_entries(card.extra.get("unheard_corpora"), _CorpusScore))
    return [
        {
            "Corpus": corpus_title(name),
            "UAR, unseen speakers": score.uar,
            "95% interval": _ends(score.interval) if score.interval else "none: too few speakers",
            "UAR, unseen corpus": unseen[name].uar if name in unseen else None,
            "Emotions": score.emotions,
            "Speakers": score.speakers,
            "Clips": score.clips,
        }
        for name, score in _entries(card.extra.get("by_corpus"), _CorpusScore)
    ]


def robustness_rows(card: "ModelCard") -> list[Row]:
    """Return the UAR on sound as recorded and degraded, and its share of the former."""
    found = _entries(card.extra.get("robustness"), _DegradedScore)
    return [
        {"Sound": score.title[:_MAX_LENGTH], "UAR": score.uar, "Kept (%)": round(100 * score.kept)}
        for _, score in found
    ]


def risk_rows(card: "ModelCard") -> list[Row]:
    """Return the share of wrong predictions among the most confident ones."""
    return [
        {
            "Surest answers (%)": round(100 * entry.coverage),
            "Their confidence from (%)": round(100 * entry.confidence_from),
            "Wrong among them (%)": round(100 * entry.risk),
        }
        for _, entry in _entries(card.extra.get("risk_coverage"), _Risk)
    ]


def _entries(value: object, type_: type[_T]) -> Iterator[tuple[str, _T]]:
    """Yield name and content of the well-formed entries of a dictionary or list."""
    if not isinstance(value, dict | list) or len(value) > _MAX_ENTRIES:
        return
    for name, entry in value.items() if isinstance(value, dict) else enumerate(value):
        try:
            yield str(name)[:_MAX_LENGTH], msgspec.convert(entry, type_)
        except msgspec.ValidationError:
            continue


def _ends(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.2f} to {interval[1]:.2f}"
