"""The order of clips in the table: by path, with numbers by their value, alike on every machine."""

import os
import re
import unicodedata

_DIGITS = re.compile(r"[0-9]+")
_WIDTH = 20


def natural_key(path: str) -> tuple[list[str], str]:
    """Return a key that sorts `Actor_2/` before `Actor_10/`, folder by folder.

    Parameters
    ----------
    path : str
    """
    padded = _DIGITS.sub(lambda found: found[0].lstrip("0").zfill(_WIDTH), path)
    # Decomposed letters (macOS) and the system's locale must not change the order.
    return unicodedata.normalize("NFC", padded).casefold().split(os.sep), path  # noqa: PTH206 - a key, no path
