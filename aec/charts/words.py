"""Wording of numbers, titles and lists in figures and on pages."""

from collections.abc import Sequence

METRIC_TITLES = {"uar": "UAR", "accuracy": "Accuracy", "f1_weighted": "Weighted F1", "f1_macro": "Macro F1"}


def titled(word: str) -> str:
    """Return a word or sentence with a capital first letter."""
    return word[:1].upper() + word[1:]


def percent(share: float, digits: int = 0) -> str:
    """Return a share from 0 to 1 as, for example, `71%`."""
    return f"{share:.{digits}%}"


def counted(number: int, noun: str) -> str:
    """Return, for example, `1 clip` or `1,440 clips`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def any_of(words: Sequence[str]) -> str:
    """Return, for example, `angry, happy or sad`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
