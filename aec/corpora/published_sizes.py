"""Published sizes of corpora, and comparison with the clips found.

The pooled corpus of the second described system is the collection `uldisvalainis/audio-emotions` on Kaggle: CREMA-D,
TESS, RAVDESS and SAVEE. RAVDESS is there with speech and song, without its eighth emotion, calm.

Source: the description of that system. The corpora are of Cao et al. (2014, CREMA-D), Pichora-Fuller & Dupuis (2020,
TESS), Livingstone & Russo (2018, RAVDESS), and Haq & Jackson (2009, SAVEE).
"""

from pathlib import PurePath

import pandas as pd

from aec.corpora.layouts.registry import LAYOUTS

PUBLISHED_EMOTIONS: dict[str, int] = {
    "angry": 2167,
    "happy": 2167,
    "sad": 2167,
    "neutral": 1795,
    "fearful": 2047,
    "disgusted": 1863,
    "surprised": 592,
}
# By the corpus's name in the table of clips.
PUBLISHED_CORPORA: dict[str, int] = {"crema-d": 7442, "tess": 2800, "ravdess": 2076, "savee": 480}
PUBLISHED_CLIPS = 12_798
# Up to this share the missing clips are counted; beyond it, the folder is a part of the corpus.
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
                speakers = int(part["speaker"].nunique())
                state = _state(size.clips, len(part))
                rows.append((layout.name, size.title, len(part), size.clips, speakers, size.speakers, state))
    return pd.DataFrame(
        rows,
        columns=["corpus", "title", "clips", "expected_clips", "speakers", "expected_speakers", "state"],
    )


def _state(expected: int, found: int) -> str:
    if found == expected:
        return "complete"
    if found > expected:
        return f"{found - expected} too many"
    missing = expected - found
    return f"{missing} missing" if missing <= _FEW * expected else f"{found} of {expected}"
