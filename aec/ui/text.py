"""Text for pages: Markdown escaped, titles made distinct, numbers with units."""

import re
from collections import Counter
from collections.abc import Mapping

# Characters that Markdown, or a directive of Streamlit, would not show as they are.
_MARKUP = re.compile(
    r"[\\`*\[\]<>$~&@{}^]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word an underscore is plain
    r"|:(?=\S)"  # directives and icons; a colon before a space is plain
    r"|(?<=www)\."
    r"|^[#+-]"
    r"|(?:(?<=^\d)|(?<=^\d\d))[.)](?=\s)"  # the number of a list
)


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line.

    Parameters
    ----------
    text : str
        Text that may hold markup: a file's name, a message, a model card.
    """
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


def distinct(titles: Mapping[str, str]) -> dict[str, str]:
    """Return titles by id, equal ones extended by the last four characters of the id.

    Streamlit's lists return the title: for equal ones always the first.
    """
    seen = Counter(titles.values())
    return {key: f"{title} · {key[-4:]}" if seen[title] > 1 else title for key, title in titles.items()}


def duration_text(seconds: float) -> str:
    """Return a duration as `2.9 s`, `4 min 05 s` or `1 h 12 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def limit_text(seconds: float) -> str:
    """Return a limit in whole units: `90 s` or `13 minutes`."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds // 60:.0f} minutes"
