"""What can be taken along from the benchmark page: the result as JSON, its measurements as CSV."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from aec.benchmark.summary import version_title
from aec.settings import Settings
from aec.ui.run_words import without_folders

Report = Mapping[str, Any]
_WORKERS = {"sequential": "loop", "threading": "threads", "loky": "processes"}
# A cell that starts with one of them is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@")


def result_json(report: Report, settings: Settings) -> str:
    """Return the whole result as `aec benchmark --out` writes it, without this machine's folders."""
    # Notes may quote what a library said, paths included; nothing else in it names a folder.
    notes = [without_folders(str(note), settings) for note in report.get("notes", ())]
    return json.dumps({**report, "notes": notes}, indent=1, allow_nan=False)


def measurements_csv(reports: Mapping[str, Report]) -> str:
    """Return every measurement of every repeat, one per row.

    Parameters
    ----------
    reports : mapping of str to mapping
        By title.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["result", "processor", "cores", "clips", "version", "workers", "backend", "stage", "start", "repeat"]
    writer.writerow([*head, "seconds", "cpu_s", "peak_memory_mb"])
    for title, report in reports.items():
        machine = report["machine"]
        about = [_cell(title), _cell(str(machine.get("processor", ""))), machine.get("cores", ""), report["clips"]]
        for row in report["measurements"]:
            how = [version_title(row["version"]), row["jobs"], _WORKERS.get(row["backend"], "")]
            what = [row["stage"], "cold" if row["cold"] else "warm", row["repeat"]]
            writer.writerow([*about, *how, *what, row["seconds"], row["cpu_s"], row["peak_memory_mb"]])
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
