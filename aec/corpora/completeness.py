"""Found clips against the published sizes of the known corpora."""

from pathlib import PurePath

import pandas as pd

from aec.corpora.layout import ExpectedSize
from aec.corpora.registry import LAYOUTS

# Up to this share, what is missing is named; beyond it, the folder is a part of the corpus.
_FEW = 0.05


def completeness(table: pd.DataFrame) -> pd.DataFrame:
    """Compare the clips of each known corpus with its published size.

    Parameters
    ----------
    table : pd.DataFrame
        A table of clips: its columns `path`, `corpus` and `speaker`.

    Returns
    -------
    pd.DataFrame
        One row per known corpus, or part of one, of which there is a clip. `corpus` (as in the table), `title` (for
        example `RAVDESS song`), `clips` and `expected_clips`, `speakers` and `expected_speakers` (int64), and
        `state`: `complete`, `3 missing`, `240 of 1440` or `5 too many`.
    """
    rows = []
    for layout in LAYOUTS:
        clips = table[table["corpus"] == layout.name]
        stems = clips["path"].map(lambda path: PurePath(path).stem)
        for size in layout.sizes:
            part = clips[stems.map(size.contains).astype(bool)]
            if len(part):
                rows.append((layout.name, *_row(size, len(part), int(part["speaker"].nunique()))))
    return pd.DataFrame(
        rows,
        columns=["corpus", "title", "clips", "expected_clips", "speakers", "expected_speakers", "state"],
    )


def _row(size: ExpectedSize, clips: int, speakers: int) -> tuple[str, int, int, int, int, str]:
    return size.title, clips, size.clips, speakers, size.speakers, _state(size.clips, clips)


def _state(expected: int, found: int) -> str:
    if found == expected:
        return "complete"
    if found > expected:
        return f"{found - expected} too many"
    missing = expected - found
    return f"{missing} missing" if missing <= _FEW * expected else f"{found} of {expected}"
