"""Data set of the Dataset page: a scan with a label set and more columns."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from aec.corpora.demo import DEMO_FOLDERS
from aec.emotions import LABEL_SETS
from aec.errors import CorpusError
from aec.settings import Settings
from aec.ui.dataset.scan_cache import Progress, folders_digest, scan_cache
from aec.ui.run_words import without_folders

if TYPE_CHECKING:
    import pandas as pd

    from aec.corpora import Scan


@dataclass(frozen=True, eq=False)
class Dataset:
    """Clips of the chosen corpora; shared between visitors, so it must not be changed.

    Parameters
    ----------
    key : str
        Different whenever anything else here differs.
    emotions : tuple of str
        Of the label set; of `all` those that occur.
    clips : pd.DataFrame
        The table of all clips, with the corpora's titles as `corpus`, and the columns `name` (path in its corpus),
        `inside` (bool, the emotion is in the label set), `usable` (bool, features can be taken from it, too)
        and `peak_dbfs` (float64, NaN where the clip could not be decoded, minus infinity for silence).
    usable : pd.DataFrame
        The usable rows, index 0..m-1.
    problems : pd.DataFrame
        As `aec.ui.dataset.problem_table.problem_table`, of all clips.
    sizes : pd.DataFrame
        Found clips against published sizes, as `aec.corpora.completeness`.
    notes : tuple of str
        Plain sentences on what was left out and why.
    scan : Scan
        The scan with this label set.
    """

    key: str
    emotions: tuple[str, ...]
    clips: "pd.DataFrame"
    usable: "pd.DataFrame"
    problems: "pd.DataFrame"
    sizes: "pd.DataFrame"
    notes: tuple[str, ...]
    scan: "Scan"


def load_dataset(folders: Sequence[str], labels: str, settings: Settings, progress: Progress) -> Dataset:
    """Return the clips of some corpora, scanned again only after a change of a file.

    Parameters
    ----------
    folders : sequence of str
        As `aec.ui.offered_corpora.folders_of` returns them.
    labels : str
        A label set.
    settings : Settings
    progress : callable
        Called with (clips done, clips in all) while a scan is under way.

    Raises
    ------
    CorpusError
        A folder that is gone or gives no clips; no such label set.
    """
    given = tuple(folders)
    digest = folders_digest(given)
    try:
        return _dataset(given, digest, labels, scan_cache().scan((given, digest), progress), settings)
    except CorpusError as error:
        remedy = without_roots(error.remedy, given, settings)
        if set(given) <= {str(folder.absolute()) for folder in DEMO_FOLDERS.values()}:
            remedy = "Install the program again; its demo corpora came with it"
        got, expected = (without_roots(part, given, settings) for part in (error.got, error.expected))
        raise CorpusError(got, expected, remedy) from error


def without_roots(text: str, folders: Sequence[str], settings: Settings) -> str:
    """Return a text with paths relative to the corpora, without other folders."""
    for folder in folders:
        text = text.replace(folder + os.sep, "").replace(folder, Path(folder).name)
    return without_folders(text, settings)


# A resource is shared instead of copied at each click; the arguments without underscore identify the scan.
@st.cache_resource(max_entries=8, show_spinner=False)
def _dataset(folders: tuple[str, ...], digest: str, labels: str, _scan: "Scan", _settings: Settings) -> Dataset:
    from aec.corpora import completeness, corpus_title
    from aec.ui.dataset.problem_table import problem_table

    scan = _scan.with_labels(labels)
    emotions = scan.table["emotion"]
    with np.errstate(divide="ignore"):
        levels = 20 * np.log10(scan.peaks)
    clips = scan.table.assign(
        corpus=scan.table["corpus"].map(corpus_title),
        name=[_name(path, folders) for path in scan.table["path"]],
        inside=emotions.isin(LABEL_SETS[labels]),
        usable=scan.usable,
        peak_dbfs=levels,
    )
    problems = problem_table(clips, scan.problems)
    problems["Detail"] = [without_roots(detail, folders, _settings) for detail in problems["Detail"]]
    usable = clips[clips["usable"]].reset_index(drop=True)
    present = set(usable["emotion"])
    return Dataset(
        key=f"{digest}-{labels}",
        emotions=tuple(e for e in LABEL_SETS[labels] if e in present or labels != "all"),
        clips=clips,
        usable=usable,
        problems=problems,
        sizes=completeness(scan.table),
        notes=tuple(without_roots(note, folders, _settings) for note in scan.notes),
        scan=scan,
    )


def _name(path: str, folders: tuple[str, ...]) -> str:
    for folder in folders:
        if path.startswith(folder + os.sep):
            return path[len(folder) + 1 :]
    return Path(path).name
