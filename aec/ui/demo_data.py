"""The demo corpora as the dataset page sees them: scanned once, and again only when a file changes."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from aec.demo import DEMO_FOLDERS
from aec.emotions import LABEL_SETS
from aec.errors import CorpusError

if TYPE_CHECKING:
    import pandas as pd

    _Scanned = tuple[pd.DataFrame, pd.DataFrame, dict[str, int], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Clips of the chosen corpora and label set.

    Parameters
    ----------
    clips : pd.DataFrame
        The table of clips inside the label set, and the columns `usable` (bool) and `name` (the path in its corpus).
    problems : pd.DataFrame
        As `aec.ui.problem_words.problem_table`, of all clips.
    left_out : dict of str to int
        Clips outside the label set by emotion.
    notes : tuple of str
        Plain sentences on what else was left out and why.
    """

    clips: "pd.DataFrame"
    problems: "pd.DataFrame"
    left_out: dict[str, int]
    notes: tuple[str, ...]

    @property
    def usable(self) -> "pd.DataFrame":
        """The clips that a model could be trained on."""
        return self.clips[self.clips["usable"]].reset_index(drop=True)


def installed_corpora() -> list[str]:
    """Return the names of the demo corpora that are there."""
    return [name for name, folder in DEMO_FOLDERS.items() if (folder / "manifest.csv").is_file()]


def load_dataset(corpora: Sequence[str], labels: str) -> Dataset:
    """Return the clips of some demo corpora.

    Parameters
    ----------
    corpora : sequence of str
        Names in `DEMO_FOLDERS`.
    labels : str
        A label set.

    Raises
    ------
    CorpusError
        No corpus was named or one is unknown, a folder gives no clips, or there is no such label set.
    """
    # The browser alone checks what a widget offers.
    unknown = [name for name in corpora if name not in DEMO_FOLDERS]
    if unknown or not corpora:
        got = f"there is no demo corpus {unknown[0]}" if unknown else "no corpus was chosen"
        raise CorpusError(got, remedy="Choose one or more of the list")
    folders = tuple(str(DEMO_FOLDERS[name]) for name in corpora)
    try:
        return Dataset(*_scanned(folders, labels, _listing_digest(folders)))
    except CorpusError as error:
        got, expected = (_without_roots(part, folders) for part in (error.got, error.expected))
        raise CorpusError(got, expected, "Install the program again; its demo corpora came with it") from error


# The listing is a part of the key: a changed file is scanned anew. Plain data comes out, because classes that come
# out of a cache would no longer be the page's own after a hot reload.
@st.cache_data(max_entries=12, show_spinner=False)
def _scanned(folders: tuple[str, ...], labels: str, listing: str) -> "_Scanned":  # noqa: ARG001
    from aec.corpora import scan
    from aec.ui.problem_words import problem_table

    found = scan(folders, labels=labels)
    table = found.table.assign(usable=found.usable)
    table["name"] = [_without_roots(path, folders) for path in table["path"]]
    problems = problem_table(table, found.problems, LABEL_SETS[labels])
    problems["Detail"] = [_without_roots(detail, folders) for detail in problems["Detail"]]
    inside = table[table["emotion"].isin(LABEL_SETS[labels])].reset_index(drop=True)
    return inside, problems, found.left_out, tuple(_without_roots(note, folders) for note in found.notes)


def _listing_digest(folders: Sequence[str]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for folder in folders:
        for parent, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                path = os.path.join(parent, name)  # noqa: PTH118 - plain strings, once per file
                digest.update(f"{path}\0{_stamp(path)}\n".encode(errors="replace"))
    return digest.hexdigest()


def _stamp(path: str) -> str:
    try:
        facts = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - plain strings, once per file
    except OSError:
        # Gone since it was listed; the scan reports what that means.
        return "gone"
    return f"{facts.st_size}\0{facts.st_mtime_ns}"


def _without_roots(text: str, folders: Sequence[str]) -> str:
    """Return text in which clips are named by their place in the corpus; where this machine keeps it says nothing."""
    for folder in folders:
        text = text.replace(folder + os.sep, "").replace(folder, "the corpus")
    return text
