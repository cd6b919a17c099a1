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


def problem_table(table: pd.DataFrame, problems: "Sequence[Problem]", labels: Sequence[str]) -> pd.DataFrame:
    """Return one row per problem.

    Parameters
    ----------
    table : pd.DataFrame
        The table of clips with the columns `name` and `usable` beside its own.
    problems : sequence of Problem
    labels : sequence of str
        The emotions of the label set.

    Returns
    -------
    pd.DataFrame
        The columns `COLUMNS`, all text.
    """
    clips = table.drop_duplicates("path").set_index("path")
    rows = []
    for problem in problems:
        clip = clips.loc[problem.path]
        happens = what_happens(problem.kind, usable=bool(clip["usable"]), inside=clip["emotion"] in labels)
        kind = titled(problem.kind.replace("_", " "))
        rows.append((clip["name"], clip["corpus"], kind, happens, _sentence(problem.detail, problem.path)))
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def _sentence(detail: str, path: str) -> str:
    # A detail that begins with the file's name keeps that name's spelling.
    return detail if detail.startswith(PurePath(path).name) else titled(detail)


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
