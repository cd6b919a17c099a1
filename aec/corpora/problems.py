"""Problems of clips, found from their names and the measurements of their files."""

import math
from collections.abc import Sequence

import msgspec

from aec.corpora.measurement import FileMeasurement
from aec.corpora.recognition import Clip

# In this order where a clip has several.
KINDS = ("unreadable", "empty", "silent", "clipped", "duplicate", "label_conflict")
SILENT_DBFS = -80.0

_SILENT_PEAK = 10 ** (SILENT_DBFS / 20)
_EMPTY_FAILURES = frozenset({"empty", "too_short"})


class Problem(msgspec.Struct, frozen=True):
    """A problem of a clip.

    Parameters
    ----------
    path : str
        As in the table.
    kind : str
        One of `KINDS`.
    detail : str
        A plain sentence or part of one.
    """

    path: str
    kind: str
    detail: str


def name_problems(clips: Sequence[Clip]) -> list[Problem]:
    """Return the problems that names alone show: `label_conflict`."""
    return [Problem(clip.file.path, "label_conflict", clip.conflict) for clip in clips if clip.conflict]


def sound_problems(clips: Sequence[Clip], measurements: Sequence[FileMeasurement]) -> list[Problem]:
    """Return the problems that need a decode: all the others.

    Parameters
    ----------
    clips, measurements : sequence [shape=(n,)]
        In table order: of clips with equal sound, all but the first are duplicates.
    """
    problems = []
    first_with: dict[str, str] = {}
    for clip, one in zip(clips, measurements, strict=True):
        path = clip.file.path
        problems += [Problem(path, kind, detail) for kind, detail in _own_problems(one)]
        if one.digest is not None:
            first = first_with.setdefault(one.digest, path)
            if first != path:
                problems.append(Problem(path, "duplicate", f"the same sound as {first}"))
    return problems


def _own_problems(one: FileMeasurement) -> list[tuple[str, str]]:
    if one.failure:
        return [("empty" if one.failure in _EMPTY_FAILURES else "unreadable", one.detail)]
    found = []
    if one.peak is not None and one.peak < _SILENT_PEAK:
        found.append(("silent", _silence(one.peak)))
    if one.clipped_runs:
        places = "1 place" if one.clipped_runs == 1 else f"{one.clipped_runs} places"
        found.append(("clipped", f"cut off at full scale in {places}"))
    return found


def _silence(peak: float) -> str:
    if peak == 0:
        return "every sample is zero"
    return f"its peak is {20 * math.log10(peak):.0f} dBFS, below {SILENT_DBFS:.0f}"


def is_decodable(one: FileMeasurement) -> bool:
    """Return whether a clip is neither unreadable, nor empty, nor all zero."""
    return not one.failure and one.peak != 0


def problems_by_path(clips: Sequence[Clip], problems: Sequence[Problem]) -> dict[str, list[Problem]]:
    """Return the problems by path, in table order and then in that of `KINDS`."""
    by_path: dict[str, list[Problem]] = {}
    for problem in sorted(problems, key=lambda problem: KINDS.index(problem.kind)):
        by_path.setdefault(problem.path, []).append(problem)
    paths = (clip.file.path for clip in clips)
    return {path: by_path[path] for path in paths if path in by_path}
