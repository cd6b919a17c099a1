"""What can be taken along from the benchmark page: the result as JSON, its measurements as CSV."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from aec.benchmark.networks import setting_of
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
    """Return every measurement of every repeat, one per row; of networks the time of a step, with the clips in it.

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
        about = [_cell(title), _cell(str(machine.get("processor", ""))), machine.get("cores", "")]
        for row in report["measurements"]:
            how = [version_title(row["version"]), row["jobs"], _WORKERS.get(row["backend"], "")]
            what = [row["stage"], "cold" if row["cold"] else "warm", row["repeat"]]
            figures = [row["seconds"], row["cpu_s"], row["peak_memory_mb"]]
            writer.writerow([*about, report["clips"], *how, *what, *figures])
        for row in report.get("networks", ()):
            how = [row["network"].upper(), row["workers"], setting_of(row).title]
            for repeat, seconds in enumerate(row["repeats_s"], start=1):
                writer.writerow([*about, row["batch_size"], *how, "step", "warm", repeat, seconds, "", ""])
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
