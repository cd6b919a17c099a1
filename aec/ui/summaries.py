"""A table of clips, counted for the charts and the tables behind them."""

from collections.abc import Sequence

import pandas as pd


def emotion_counts(table: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return the clips of each emotion and corpus.

    Parameters
    ----------
    table : pd.DataFrame
        A table of clips.
    labels : sequence of str
        The emotions, in the order to show them.

    Returns
    -------
    pd.DataFrame
        Columns `emotion`, `corpus`, `clips`; emotions without a clip have a row of zero per corpus.
    """
    corpora = list(dict.fromkeys(table["corpus"].dropna()))
    counts = pd.crosstab(table["emotion"], table["corpus"]).reindex(index=list(labels), columns=corpora, fill_value=0)
    return _long(counts, "emotion", "corpus")


def speaker_counts(table: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return the clips of each speaker and emotion; columns `speaker`, `emotion`, `clips`."""
    known = table[table["speaker"].notna()]
    present = [label for label in labels if (known["emotion"] == label).any()]
    speakers = list(dict.fromkeys(known["speaker"]))
    counts = pd.crosstab(known["speaker"], known["emotion"]).reindex(index=speakers, columns=present, fill_value=0)
    return _long(counts, "speaker", "emotion")


def duration_summary(table: pd.DataFrame, labels: Sequence[str], limit_s: float) -> pd.DataFrame:
    """Return the durations of each emotion that has clips.

    Returns
    -------
    pd.DataFrame
        Columns `emotion`, `clips`, `shortest`, `lower`, `median`, `upper`, `longest` (seconds; the quarters), and
        `over_limit`, the clips longer than `limit_s`.
    """
    rows = []
    for label in labels:
        seconds = table.loc[table["emotion"] == label, "duration_s"].dropna()
        if len(seconds):
            quarters = seconds.quantile([0, 0.25, 0.5, 0.75, 1]).tolist()
            rows.append((label, len(seconds), *quarters, int((seconds > limit_s).sum())))
    columns = ["emotion", "clips", "shortest", "lower", "median", "upper", "longest", "over_limit"]
    return pd.DataFrame(rows, columns=columns)


def _long(counts: pd.DataFrame, row: str, column: str) -> pd.DataFrame:
    counts.index.name = row
    return counts.reset_index().melt(id_vars=row, var_name=column, value_name="clips")
