"""What can be taken along from the dataset page, as text."""

import json

import pandas as pd

from aec.settings import Settings
from aec.ui.dataset.datasets import Dataset
from aec.ui.run_words import without_folders


def clips_csv(data: Dataset, settings: Settings) -> str:
    """Return the table of clips, all of them, as CSV; in public mode with the clips' places in their corpora.

    Elsewhere the paths are whole, so that the file is a manifest that every command reads.
    """
    table = data.scan.table
    if settings.public:
        table = table.assign(path=data.clips["name"])
    return as_csv(table)


def report_json(data: Dataset, settings: Settings) -> str:
    """Return what `aec scan --json` says of these corpora and this label set; in public mode without folders."""
    summary = data.scan.summary()
    if settings.public:
        names = dict(zip(data.clips["path"], data.clips["name"], strict=True))
        for problem in summary["problems"]:
            problem["path"] = names[problem["path"]]
            problem["detail"] = without_folders(problem["detail"], settings)
    return json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)


def as_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV without its index."""
    return table.to_csv(index=False, lineterminator="\n")
