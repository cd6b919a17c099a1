"""The clips that a command was given, and which of them count as failed."""

from argparse import Namespace

from aec.cli.output import progress_bar, remark
from aec.corpora import Scan, scan

# Findings such as a duplicate or a silent clip are no failures.
FAILURES = frozenset({"unreadable", "empty"})


def scan_arguments(arguments: Namespace, labels: str) -> Scan:
    """Scan the DATA of a command and say what its notes are."""
    found = scan(arguments.data, labels=labels, progress=progress_bar("Scanning"))
    remark(*found.notes)
    return found


def exit_code(found: Scan) -> int:
    """Return 1 if some clip is unreadable or empty, else 0."""
    return int(any(problem.kind in FAILURES for problem in found.problems))
