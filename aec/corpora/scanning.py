"""The two questions to a folder: what do the names say (`list_clips`), and what is really there (`scan`)."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aec.corpora.measuring import Progress, measure_files
from aec.corpora.memory import ClipMemory
from aec.corpora.problems import Problem, in_order, is_decodable, name_problems, sound_problems
from aec.corpora.sources import gather
from aec.corpora.table import clip_table, inside, label_set, left_out
from aec.emotions import EMOTIONS
from aec.settings import read_settings


@dataclass(frozen=True, eq=False)
class ClipListing:
    """What the names in some folders and manifests say; no sound was looked at.

    Parameters
    ----------
    table : pd.DataFrame
        All recognised clips, as `aec.corpora.table.clip_table` describes; what needs a decode is missing.
    labels : str
        Name of the label set.
    problems : tuple of Problem
        Label conflicts, and files of a manifest that do not exist.
    notes : tuple of str
        Plain sentences on what was left out and why.
    left_out : dict of str to int
        Clips outside the label set by emotion, and `unlabelled` ones.
    """

    table: pd.DataFrame
    labels: str
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    left_out: dict[str, int]


@dataclass(frozen=True, eq=False)
class Scan(ClipListing):
    """What is really there: every clip was decoded once.

    Parameters
    ----------
    table, labels, problems, notes, left_out
        As in `ClipListing`, with every column filled and problems of every kind.
    usable : np.ndarray [shape=(n,), dtype=bool]
        Clips with an emotion of the label set that can be decoded and are not all zero.
    decodable : np.ndarray [shape=(n,), dtype=bool]
        Clips that can be decoded and are not all zero, whatever their emotion.
    peaks : np.ndarray [shape=(n,), dtype=float64]
        Largest magnitude of each clip, full scale at 1; NaN where it could not be decoded.
    """

    usable: np.ndarray
    decodable: np.ndarray
    peaks: np.ndarray

    @property
    def usable_table(self) -> pd.DataFrame:
        """The usable rows of the table, index 0..m-1."""
        return self.table[self.usable].reset_index(drop=True)

    def with_labels(self, labels: str) -> "Scan":
        """Return the same scan seen through another label set; nothing is read again.

        Parameters
        ----------
        labels : str
            `seven`, `five` or `all`.

        Raises
        ------
        CorpusError
            No such label set.
        """
        wanted = label_set(labels)
        emotions = [emotion if isinstance(emotion, str) else None for emotion in self.table["emotion"]]
        usable = self.decodable & inside(emotions, wanted)
        return replace(self, labels=labels, left_out=left_out(emotions, wanted), usable=usable)

    def summary(self) -> dict[str, Any]:
        """Return the scan in short, as plain JSON values.

        Returns
        -------
        dict
            `clips`, `corpora` {name: n}, `emotions` {name: n}, `speakers` and `duration_s` (of all that could be
            decoded) count every recognised clip, whatever the label set; `usable` counts the clips inside it that
            can be decoded; `problems` is a list of {path, kind, detail}.
        """
        emotions = self.table["emotion"].value_counts()
        return {
            "clips": len(self.table),
            "usable": int(self.usable.sum()),
            "corpora": {str(name): int(n) for name, n in self.table["corpus"].value_counts().sort_index().items()},
            "emotions": {name: int(emotions[name]) for name in EMOTIONS if name in emotions},
            "speakers": int(self.table["speaker"].nunique()),
            "duration_s": round(float(self.table["duration_s"].sum()), 3),
            "problems": [asdict(problem) for problem in self.problems],
        }


def list_clips(sources: Sequence[Path | str], labels: str = "all") -> ClipListing:
    """List the clips in folders and manifests by their names, without decoding any.

    Parameters
    ----------
    sources : sequence of Path or str
    labels : str
        `seven`, `five` or `all`.

    Returns
    -------
    ClipListing

    Raises
    ------
    CorpusError
        A source that does not exist, holds no audio, or none that a layout recognises; a manifest that cannot be
        read; no such label set.
    """
    emotions = label_set(labels)
    gathered = gather(sources)
    problems = in_order(gathered.clips, name_problems(gathered.clips))
    return ClipListing(
        table=clip_table(gathered.clips, None, problems),
        labels=labels,
        problems=_flat(problems),
        notes=tuple(gathered.notes),
        left_out=left_out([clip.emotion for clip in gathered.clips], emotions),
    )


def scan(
    sources: Sequence[Path | str],
    *,
    labels: str = "seven",
    memory: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Scan:
    """Find the clips in folders and manifests, decode each once, and say what is wrong with them.

    Parameters
    ----------
    sources : sequence of Path or str
    labels : str
        `seven`, `five` or `all`.
    memory : Path, optional
        The file in which measurements are remembered; default `clips.sqlite` in `AEC_HOME`. Files that have not
        changed since an earlier scan are not read again; an interrupted scan keeps what it had measured.
    jobs : int, optional
        Threads that decode; default the cores that the process may use.
    progress : callable, optional
        Called with (clips done, clips in all), in the calling thread; what it raises ends the scan.

    Returns
    -------
    Scan

    Raises
    ------
    CorpusError
        As `list_clips`.
    UsageError
        `jobs` below one.
    """
    emotions = label_set(labels)
    gathered = gather(sources)
    clips = gathered.clips
    file = read_settings().home / "clips.sqlite" if memory is None else memory
    with closing(ClipMemory(file)) as remembered:
        measured = measure_files([clip.real_path for clip in clips], remembered, jobs=jobs, progress=progress)
        notes = (*gathered.notes, *remembered.notes)
    problems = in_order(clips, [*name_problems(clips), *sound_problems(clips, measured)])
    decodable = np.fromiter(map(is_decodable, measured), dtype=bool, count=len(clips))
    told = [clip.emotion for clip in clips]
    return Scan(
        table=clip_table(clips, measured, problems),
        labels=labels,
        problems=_flat(problems),
        notes=notes,
        left_out=left_out(told, emotions),
        usable=decodable & inside(told, emotions),
        decodable=decodable,
        peaks=np.array([np.nan if one.peak is None else one.peak for one in measured], dtype=np.float64),
    )


def _flat(problems: dict[str, list[Problem]]) -> tuple[Problem, ...]:
    return tuple(problem for found in problems.values() for problem in found)
