"""Listing of clips by names (`list_clips`), and scans with a decode (`scan`)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from aec.corpora.measurement import Progress, measure_files
from aec.corpora.measurement_cache import MeasurementCache
from aec.corpora.problems import Problem, is_decodable, name_problems, problems_by_path, sound_problems
from aec.corpora.sources import clips_of_sources
from aec.corpora.table import clip_table, label_set, left_out
from aec.emotions import EMOTIONS
from aec.settings import read_settings


class ScanSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of a scan, as `aec scan --json` prints them.

    Parameters
    ----------
    clips, speakers : int
        Of all recognised clips, whatever the label set.
    usable : int
        Clips inside the label set that can be decoded.
    corpora, emotions : dict of str to int
        Recognised clips by name.
    duration_s : float
        Of all clips that can be decoded.
    problems : tuple of Problem
    """

    clips: int
    usable: int
    corpora: dict[str, int]
    emotions: dict[str, int]
    speakers: int
    duration_s: float
    problems: tuple[Problem, ...]


@dataclass(frozen=True, eq=False)
class ClipListing:
    """Clips in some folders and manifests by their names; no sound was decoded.

    Parameters
    ----------
    table : pd.DataFrame
        All recognised clips, as `aec.corpora.table.clip_table` describes; columns that need a decode are missing.
    labels : str
        Name of the label set.
    problems : tuple of Problem
        Label conflicts, and files of a manifest that do not exist.
    notes : tuple of str
        Plain sentences on files that were left out.
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
    """Clips in some folders and manifests, every one decoded once.

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
        """Return the same scan with another label set; nothing is read again.

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
        emotions = self.table["emotion"]
        usable = self.decodable & emotions.isin(wanted).to_numpy()
        return replace(self, labels=labels, left_out=left_out(emotions, wanted), usable=usable)

    def summary(self) -> ScanSummary:
        """Return the counts of the scan."""
        emotions = self.table["emotion"].value_counts()
        return ScanSummary(
            clips=len(self.table),
            usable=int(self.usable.sum()),
            corpora={str(name): int(n) for name, n in self.table["corpus"].value_counts().sort_index().items()},
            emotions={name: int(emotions[name]) for name in EMOTIONS if name in emotions},
            speakers=int(self.table["speaker"].nunique()),
            duration_s=round(float(self.table["duration_s"].sum()), 3),
            problems=self.problems,
        )


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

    Examples
    --------
    >>> from aec.corpora.demo import DEMO_FOLDERS
    >>> listing = list_clips([DEMO_FOLDERS["demo-german"]])
    >>> len(listing.table), listing.table["speaker"].nunique()
    (168, 4)
    """
    emotions = label_set(labels)
    found = clips_of_sources(sources)
    problems = problems_by_path(found.clips, name_problems(found.clips))
    table = clip_table(found.clips, None, problems)
    return ClipListing(
        table=table,
        labels=labels,
        problems=_flat(problems),
        notes=tuple(found.notes),
        left_out=left_out(table["emotion"], emotions),
    )


def scan(
    sources: Sequence[Path | str],
    *,
    labels: str = "seven",
    cache: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Scan:
    """Find the clips in folders and manifests, decode each, report their problems.

    Parameters
    ----------
    sources : sequence of Path or str
    labels : str
        `seven`, `five` or `all`.
    cache : Path, optional
        File of the measurements; default `clips.sqlite` in `AEC_HOME`. Files that have not changed since an earlier
        scan are not read again; an interrupted scan keeps the measurements it made.
    jobs : int, optional
        Threads that decode; default the cores that the process may use.
    progress : callable, optional
        Called with (clips done, clips in all), in the calling thread; an exception of it ends the scan.

    Returns
    -------
    Scan

    Raises
    ------
    CorpusError
        As `list_clips`.
    UsageError
        `jobs` below one.

    Examples
    --------
    >>> from aec.corpora.demo import DEMO_FOLDERS
    >>> found = scan([DEMO_FOLDERS["demo-german"]], labels="five")
    >>> found.summary().usable, found.left_out
    (96, {'fearful': 24, 'disgusted': 24, 'surprised': 24})
    """
    # Checked before the work.
    label_set(labels)
    found = clips_of_sources(sources)
    clips = found.clips
    measurement_cache = MeasurementCache(cache or read_settings().home / "clips.sqlite")
    paths = [clip.file.real_path for clip in clips]
    measurements = measure_files(paths, measurement_cache, jobs=jobs, progress=progress)
    problems = problems_by_path(clips, [*name_problems(clips), *sound_problems(clips, measurements)])
    decodable = np.fromiter(map(is_decodable, measurements), dtype=bool, count=len(clips))
    return Scan(
        table=clip_table(clips, measurements, problems),
        labels=labels,
        problems=_flat(problems),
        notes=(*found.notes, *measurement_cache.notes),
        left_out={},
        usable=decodable,
        decodable=decodable,
        peaks=np.array([np.nan if one.peak is None else one.peak for one in measurements], dtype=np.float64),
    ).with_labels(labels)


def _flat(problems: dict[str, list[Problem]]) -> tuple[Problem, ...]:
    return tuple(problem for found in problems.values() for problem in found)
