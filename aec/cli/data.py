"""The clips that a command was given, and which of them count as failed."""

from argparse import Namespace

from aec.cli.output import progress_bar, remark
from aec.corpora import Scan, scan

# Findings such as a duplicate or a silent clip are no failures.
FAILURES = frozenset({"unreadable", "empty"})
NAMED = 5


def scan_arguments(arguments: Namespace, labels: str) -> Scan:
    """Scan the DATA of a command and say what its notes are."""
    found = scan(arguments.data, labels=labels, progress=progress_bar("Scanning"))
    remark(*found.notes, *left_out_lines(found))
    return found


def left_out_lines(found: Scan) -> list[str]:
    """Return a line for each of the first clips that cannot be used, and one for the rest."""
    failed = [problem for problem in found.problems if problem.kind in FAILURES]
    lines = [f"Left out: {problem.path}: {problem.detail}" for problem in failed[:NAMED]]
    if len(failed) > NAMED:
        lines.append(f"Left out: {len(failed) - NAMED} more; aec scan names them all.")
    return lines


def exit_code(found: Scan) -> int:
    """Return 1 if some clip is unreadable or empty, else 0."""
    return int(any(problem.kind in FAILURES for problem in found.problems))
