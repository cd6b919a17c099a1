"""What is wrong with clips, as a table that says what will happen to each."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

import pandas as pd

from aec.charts.words import titled

if TYPE_CHECKING:
    from aec.corpora import Problem

COLUMNS = ["Clip", "Corpus", "Problem", "What happens", "Detail"]

_USED = {
    "silent": "Used, though hardly anything can be heard.",
    "clipped": "Used as it is; the distortion may mislead a model.",
    "duplicate": "Used; a training reports it if equal sound lies on both sides of its split.",
    "label_conflict": "Used with the emotion that is named first.",
}


def problem_table(table: pd.DataFrame, problems: "Sequence[Problem]") -> pd.DataFrame:
    """Return one row per problem.

    Parameters
    ----------
    table : pd.DataFrame
        The table of clips with the columns `name`, `inside` and `usable` beside its own.
    problems : sequence of Problem

    Returns
    -------
    pd.DataFrame
        The columns `COLUMNS`, all text.
    """
    wanted = {problem.path for problem in problems}
    few = table[table["path"].isin(wanted)].drop_duplicates("path")
    facts = zip(few["name"], few["corpus"], few["usable"], few["inside"], strict=True)
    clips = dict(zip(few["path"], facts, strict=True))
    rows = []
    for problem in problems:
        name, corpus, usable, inside = clips[problem.path]
        happens = what_happens(problem.kind, usable=bool(usable), inside=bool(inside))
        rows.append((name, corpus, kind_title(problem.kind), happens, _sentence(problem.detail, problem.path)))
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def kind_title(kind: str) -> str:
    """Return what a kind of problem is called."""
    return titled(kind.replace("_", " "))


def matching(problems: pd.DataFrame, kinds: Sequence[str], corpora: Sequence[str], text: str) -> pd.DataFrame:
    """Return the rows of a problem table that fit; an empty filter lets everything through.

    Parameters
    ----------
    problems : pd.DataFrame
    kinds, corpora : sequence of str
        As in the table.
    text : str
        To be found in the clip's name or the detail, whatever its case.
    """
    fits = pd.Series(data=True, index=problems.index)
    if kinds:
        fits &= problems["Problem"].isin(kinds)
    if corpora:
        fits &= problems["Corpus"].isin(corpora)
    if text.strip():
        fits &= contains(problems["Clip"], text) | contains(problems["Detail"], text)
    return problems[fits]


def contains(column: "pd.Series[str]", text: str) -> "pd.Series[bool]":
    """Return which texts of a column hold some words, whatever their case."""
    return column.str.contains(text.strip(), case=False, regex=False, na=False)


def what_happens(kind: str, *, usable: bool, inside: bool) -> str:
    """Return what a training does with a clip that has a problem.

    Parameters
    ----------
    kind : str
        Of the problem.
    usable : bool
        The clip is in the label set and features can be taken from it.
    inside : bool
        The clip is in the label set.
    """
    if not inside:
        return "Left out: its emotion is not in the label set."
    if not usable:
        return "Left out: no features can be taken from it."
    return _USED.get(kind, "Used as it is.")


def _sentence(detail: str, path: str) -> str:
    # A detail that begins with the file's name keeps that name's spelling.
    return detail if detail.startswith(PurePath(path).name) else titled(detail)
