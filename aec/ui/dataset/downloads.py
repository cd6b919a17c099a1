"""Files to download from the Dataset page, as text."""

import msgspec
import pandas as pd

from aec.corpora import Problem
from aec.settings import Settings
from aec.ui.dataset.loading import Dataset
from aec.ui.download import json_text
from aec.ui.run_words import without_folders


def clips_csv(data: Dataset, settings: Settings) -> str:
    """Return the table of all clips as CSV.

    The paths are whole, so that the file is a manifest that every command reads; in public mode they are relative to
    the corpora.
    """
    table = data.scan.table
    if settings.public:
        table = table.assign(path=data.clips["name"])
    return as_csv(table)


def report_json(data: Dataset, settings: Settings) -> str:
    """Return the output of `aec scan --json`; in public mode without folders."""
    summary = data.scan.summary()
    if settings.public:
        names = dict(zip(data.clips["path"], data.clips["name"], strict=True))
        problems = (
            Problem(names[problem.path], problem.kind, without_folders(problem.detail, settings))
            for problem in summary.problems
        )
        summary = msgspec.structs.replace(summary, problems=tuple(problems))
    return json_text(summary)


def as_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV without its index."""
    return table.to_csv(index=False, lineterminator="\n")
