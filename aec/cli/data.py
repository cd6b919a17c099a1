"""Scan of the DATA arguments of a command, and its exit code."""

from argparse import Namespace

from aec.cli.output import progress_bar, remark
from aec.corpora import Scan, scan

# Findings such as a duplicate or a silent clip are no failures.
FAILURES = frozenset({"unreadable", "empty"})
_LISTED = 5


def scan_arguments(arguments: Namespace, labels: str) -> Scan:
    """Scan the DATA of a command and print its notes."""
    found = scan(arguments.data, labels=labels, progress=progress_bar("Scanning"))
    remark(*found.notes, *left_out_lines(found))
    return found


def left_out_lines(found: Scan) -> list[str]:
    """Return a line for each of the first unusable clips, and one on the others."""
    failed = [problem for problem in found.problems if problem.kind in FAILURES]
    lines = [f"Left out: {problem.path}: {problem.detail}" for problem in failed[:_LISTED]]
    if len(failed) > _LISTED:
        lines.append(f"Left out: {len(failed) - _LISTED} more; aec scan names them all.")
    return lines


def exit_code(found: Scan) -> int:
    """Return 1 if some clip is unreadable or empty, else 0."""
    return int(any(problem.kind in FAILURES for problem in found.problems))
