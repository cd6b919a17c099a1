"""`aec scan`: counts and problems of the clips in folders and manifests."""

from argparse import Namespace

import msgspec

from aec.cli.data import exit_code
from aec.cli.output import print_json, progress_bar, remark, table
from aec.corpora import scan


def run(arguments: Namespace) -> int:
    """Scan and print the summary."""
    found = scan(arguments.data, labels=arguments.labels, progress=progress_bar("Scanning"))
    remark(*found.notes)
    summary = found.summary()
    if arguments.json:
        print_json(msgspec.to_builtins(summary))
        return exit_code(found)
    table(
        [
            ("Clips", f"{summary.clips:,}"),
            (f"Usable ({arguments.labels})", f"{summary.usable:,}"),
            ("Corpora", _counts(summary.corpora)),
            ("Emotions", _counts(summary.emotions)),
            ("Speakers", summary.speakers),
            ("Duration", f"{summary.duration_s / 60:.1f} min"),
            ("Problems", len(summary.problems) or "none"),
        ]
    )
    for problem in summary.problems:
        print(f"  {problem.kind}: {problem.path}: {problem.detail}")
    return exit_code(found)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
