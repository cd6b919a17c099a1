"""The tables that a card may bring along: scores by corpus, robustness, what confidence is worth.

They are in a card's `extra`, which may come from a stranger's file and hold anything: what is not as expected is left
out.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aec.corpora.layouts.registry import corpus_title

if TYPE_CHECKING:
    from aec.models.card import ModelCard

_MOST = 32
_LONGEST = 80


def corpus_rows(card: "ModelCard") -> list[dict[str, Any]]:
    """Return for each corpus the UAR on speakers, and on a whole corpus, that the model had not heard."""
    unheard = _table(card.extra.get("unheard_corpora"))
    rows = []
    for name, entry in _table(card.extra.get("by_corpus")).items():
        interval = entry.get("interval")
        low, high = interval if isinstance(interval, list) and len(interval) == 2 else (None, None)
        within = None if _share(low) is None or _share(high) is None else f"{low:.2f} to {high:.2f}"
        rows.append(
            {
                "Corpus": corpus_title(name),
                "UAR, unseen speakers": _share(entry.get("uar")),
                "95% interval": within or "none: too few speakers",
                "UAR, unseen corpus": _share(unheard.get(name, {}).get("uar")),
                "Emotions": _count(entry.get("emotions")),
                "Speakers": _count(entry.get("speakers")),
                "Clips": _count(entry.get("clips")),
            }
        )
    return [row for row in rows if row["UAR, unseen speakers"] is not None]


def robustness_rows(card: "ModelCard") -> list[dict[str, Any]]:
    """Return the UAR on sound as it was recorded and on degraded sound, and how much of the first is left."""
    rows = []
    for entry in _list(card.extra.get("robustness")):
        title, uar, kept = entry.get("title"), _share(entry.get("uar")), entry.get("kept")
        if isinstance(title, str) and uar is not None and isinstance(kept, int | float) and 0 <= kept <= 10:
            rows.append({"Sound": title[:_LONGEST], "UAR": uar, "Kept (%)": round(100 * kept)})
    return rows


def risk_rows(card: "ModelCard") -> list[dict[str, Any]]:
    """Return how many of the surest answers are wrong, for shares of all answers."""
    rows = []
    for entry in _list(card.extra.get("risk_coverage")):
        found = [_share(entry.get(name)) for name in ("coverage", "confidence_from", "risk")]
        if None not in found:
            names = ("Surest answers (%)", "Their confidence from (%)", "Wrong among them (%)")
            rows.append(
                {name: round(100 * value) for name, value in zip(names, found, strict=True) if value is not None}
            )
    return rows


def _table(value: object) -> dict[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping) or len(value) > _MOST:
        return {}
    return {str(name)[:_LONGEST]: entry for name, entry in value.items() if isinstance(entry, Mapping)}


def _list(value: object) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or len(value) > _MOST:
        return []
    return [entry for entry in value if isinstance(entry, Mapping)]


def _share(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**9 else None
