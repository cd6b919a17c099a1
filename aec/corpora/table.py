"""Table of clips: columns, dtypes, and the clips outside of a label set."""

from collections.abc import Mapping, Sequence

import pandas as pd

from aec.corpora.measurement import FileMeasurement
from aec.corpora.problems import Problem
from aec.corpora.recognition import Clip
from aec.emotions import EMOTIONS, LABEL_SETS
from aec.errors import CorpusError

COLUMNS = (
    "path",
    "corpus",
    "emotion",
    "label",
    "speaker",
    "sex",
    "text",
    "intensity",
    "duration_s",
    "sampling_rate",
    "channels",
    "digest",
    "problem",
)
_NAME_FACTS, _MEASURED = COLUMNS[1:8], COLUMNS[8:12]
_DTYPES = {"duration_s": "float64", "sampling_rate": "Int64", "channels": "Int64"}
UNLABELLED = "unlabelled"


def clip_table(
    clips: Sequence[Clip], measurements: Sequence[FileMeasurement] | None, problems: Mapping[str, Sequence[Problem]]
) -> pd.DataFrame:
    """Return the table of clips.

    Parameters
    ----------
    clips : sequence of Clip [shape=(n,)]
    measurements : sequence of FileMeasurement [shape=(n,)] or None
        None where no file was decoded.
    problems : mapping of str to sequence of Problem
        By path.

    Returns
    -------
    pd.DataFrame [shape=(n, 13)]
        Columns `COLUMNS`, index 0..n-1. Text columns have dtype `str`, missing is NaN; `duration_s` (seconds) is
        float64, missing is NaN; `sampling_rate` (Hz) and `channels` are `Int64`, missing is `pd.NA`. `problem` holds
        the kinds of a clip's problems, separated by commas.
    """
    measurements = measurements or [FileMeasurement()] * len(clips)
    kinds = {path: ",".join(problem.kind for problem in found) for path, found in problems.items()}
    columns: dict[str, list[object]] = {"path": [clip.file.path for clip in clips]}
    columns |= {name: [getattr(clip.facts, name) for clip in clips] for name in _NAME_FACTS}
    columns |= {name: [getattr(one, name) for one in measurements] for name in _MEASURED}
    columns["problem"] = [kinds.get(clip.file.path) for clip in clips]
    return pd.DataFrame({name: pd.Series(columns[name], dtype=_DTYPES.get(name, "str")) for name in COLUMNS})


def label_set(name: str) -> tuple[str, ...]:
    """Return the emotions of a label set.

    Raises
    ------
    CorpusError
        No such set.
    """
    try:
        return LABEL_SETS[name]
    except KeyError:
        raise CorpusError(
            f"there is no label set {name!r}",
            f"one of {', '.join(LABEL_SETS)} is expected",
            "Choose seven for the usual corpora, five for IEMOCAP's set",
        ) from None


def left_out(emotions: "pd.Series[str]", labels: Sequence[str]) -> dict[str, int]:
    """Return the clips of each emotion outside a label set, and `unlabelled` ones."""
    counts = emotions[~emotions.isin(labels)].fillna(UNLABELLED).value_counts()
    return {name: int(counts[name]) for name in (*EMOTIONS, UNLABELLED) if name in counts}
