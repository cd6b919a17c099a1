"""Several results side by side: what they have in common, and each version's figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from aec.benchmark.summary import best_row

Report = Mapping[str, Any]
Row = Mapping[str, Any]
COMPARED = ("first", "final", "engine")


def what_differs(report: Report, base: Report) -> list[str]:
    """Return in what two results differ that makes their figures those of different work.

    Parameters
    ----------
    report, base : mapping
        As `aec.benchmark.benchmark` returns them.

    Returns
    -------
    list of str
        Of `clips`, `features`, `machine` and `libraries`, in that order; empty where all of it is the same.
    """
    found = []
    if _differ(report, base, names=("clips", "duration_s", "corpora")):
        found.append("clips")
    # Older results do not say; there was one set of features then.
    features = [each["features"] for each in (report, base) if each.get("features")]
    if len(features) == 2 and features[0] != features[1]:
        found.append("features")
    machines = [each.get("machine") or {} for each in (report, base)]
    if _differ(*machines, names=("processor", "cores", "memory_mb", "system")):
        found.append("machine")
    if _differ(*machines, names=("python", "libraries")):
        found.append("libraries")
    return found


def _differ(one: Row, other: Row, *, names: Sequence[str]) -> bool:
    # What is not said is empty or missing, as it was read.
    return any((one.get(name) or None) != (other.get(name) or None) for name in names)


def version_rows(report: Report, stage: str = "extraction") -> list[Row]:
    """Return the fastest row of each version in a stage, started warm; versions without one are left out."""
    return [row for version in COMPARED if (row := best_row(report["summary"], version, stage))]


def accuracy_of(report: Report, version: str) -> float | None:
    """Return the accuracy of the network trained on a version's features (0 to 1), or None."""
    scores: Sequence[Row] = (report.get("parity") or {}).get("scores") or ()
    return next((float(row["accuracy"]) for row in scores if row["version"] == version), None)
