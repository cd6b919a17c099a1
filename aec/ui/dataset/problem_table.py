"""Table of problems of clips, with what a training does with each clip."""

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
    clips = table.drop_duplicates("path").set_index("path")[["name", "corpus", "usable", "inside"]]
    rows = []
    for problem in problems:
        name, corpus, usable, inside = clips.loc[problem.path]
        happens = consequence(problem.kind, usable=bool(usable), inside=bool(inside))
        rows.append((name, corpus, kind_title(problem.kind), happens, _sentence(problem.detail, problem.path)))
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def kind_title(kind: str) -> str:
    """Return the title of a kind of problem."""
    return titled(kind.replace("_", " "))


def filter_problems(problems: pd.DataFrame, kinds: Sequence[str], corpora: Sequence[str], text: str) -> pd.DataFrame:
    """Return the rows of a problem table that fit; an empty filter fits all.

    Parameters
    ----------
    problems : pd.DataFrame
    kinds, corpora : sequence of str
        As in the table.
    text : str
        Part of the clip's name or the detail, whatever its case.
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
    """Return which texts of a column contain another one, whatever their case."""
    return column.str.contains(text.strip(), case=False, regex=False, na=False)


def consequence(kind: str, *, usable: bool, inside: bool) -> str:
    """Return a sentence on what a training does with a clip that has a problem.

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
