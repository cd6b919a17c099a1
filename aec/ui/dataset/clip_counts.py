"""Counts and summaries of a table of clips, for charts and tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aec.corpora.file_search import natural_key

_UNKNOWN = "unknown"
_CHANNELS = {1: "Mono", 2: "Stereo"}


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
    pd.DataFrame [shape=(labels, corpora), dtype=int64]
        Emotions without a clip have a row of zeros.
    """
    return _crosstab(table["emotion"], table["corpus"], labels, list(dict.fromkeys(table["corpus"].dropna())))


def speaker_counts(table: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return the clips of each speaker and emotion that occur.

    Returns
    -------
    pd.DataFrame [shape=(speakers, emotions), dtype=int64]
        Speakers by corpus, then by name, numbers in it by their value.
    """
    known = table[table["speaker"].notna()]
    corpora = list(dict.fromkeys(known["corpus"]))
    corpus_of = dict(zip(known["speaker"], known["corpus"], strict=True))
    speakers = sorted(corpus_of, key=lambda speaker: (corpora.index(corpus_of[speaker]), natural_key(speaker)))
    return _crosstab(known["speaker"], known["emotion"], speakers, _present(known, labels))


def sex_counts(table: pd.DataFrame, labels: Sequence[str]) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the clips of each sex and emotion, and the speakers of each sex.

    Returns
    -------
    counts : pd.DataFrame [shape=(sexes, emotions), dtype=int64]
        Sexes are `female`, `male`, another word of a manifest, or `unknown`.
    speakers : dict of str to int
        By sex, whatever the emotion.
    """
    sexes = table["sex"].fillna(_UNKNOWN)
    speakers = table["speaker"].groupby(sexes).nunique()
    order = sorted(sexes.unique(), key=lambda word: (word == _UNKNOWN, word))
    counts = _crosstab(sexes, table["emotion"], order, _present(table, labels))
    return counts, {sex: int(speakers[sex]) for sex in order}


def duration_summary(table: pd.DataFrame, labels: Sequence[str], limit_s: float) -> pd.DataFrame:
    """Return the durations of each emotion that has clips.

    Returns
    -------
    pd.DataFrame
        Columns `name` (the emotion), `clips`, `lowest`, `lower`, `median`, `upper`, `highest` (seconds; the
        quarters), and `over_limit`, the clips longer than `limit_s`.
    """
    summary = _quarters(table, "emotion", labels, "duration_s")
    over = table.loc[table["duration_s"] > limit_s, "emotion"].value_counts()
    return summary.assign(over_limit=[int(over.get(name, 0)) for name in summary["name"]])


def level_summary(table: pd.DataFrame, by: str, names: Sequence[str]) -> pd.DataFrame:
    """Return the peak levels by emotion or corpus, in dBFS.

    Returns
    -------
    pd.DataFrame
        Columns as of `duration_summary`, without `over_limit`; silent clips are left out.
    """
    audible = table[np.isfinite(table["peak_dbfs"])]
    return _quarters(audible, by, names, "peak_dbfs")


def rate_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns `title` and `clips` by sampling rate, the commonest first."""
    counts = table["sampling_rate"].dropna().value_counts()
    return pd.DataFrame({"title": [f"{rate:,} Hz" for rate in counts.index], "clips": counts.to_numpy()})


def channel_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns `title` and `clips` by channels, the commonest first."""
    counts = table["channels"].dropna().value_counts()
    titles = [_CHANNELS.get(int(number), f"{number} channels") for number in counts.index]
    return pd.DataFrame({"title": titles, "clips": counts.to_numpy()})


def shares(found: Mapping[str, int], published: Mapping[str, int], titles: Mapping[str, str]) -> pd.DataFrame:
    """Return counts and shares beside published ones.

    Parameters
    ----------
    found, published : mapping of str to int
        Clips by emotion or corpus; those without any may be absent.
    titles : mapping of str to str
        The title of each row by emotion or corpus, in order.

    Returns
    -------
    pd.DataFrame
        Columns `name`, `title`, `found`, `found_share`, `published`, `published_share`; the last two are NaN where
        nothing was published. Shares are of everything that was found, and of everything that was published.
    """
    rows = pd.DataFrame({"name": list(titles), "title": list(titles.values())})
    rows["found"] = [found.get(name, 0) for name in titles]
    rows["found_share"] = rows["found"] / max(sum(found.values()), 1)
    rows["published"] = [published.get(name, np.nan) for name in titles]
    rows["published_share"] = rows["published"] / sum(published.values())
    return rows


def _crosstab(
    rows: "pd.Series[str]", columns: "pd.Series[str]", row_order: Sequence[str], column_order: Sequence[str]
) -> pd.DataFrame:
    return pd.crosstab(rows, columns).reindex(index=list(row_order), columns=list(column_order), fill_value=0)


def _present(table: pd.DataFrame, labels: Sequence[str]) -> list[str]:
    found = set(table["emotion"])
    return [label for label in labels if label in found]


def _quarters(table: pd.DataFrame, by: str, names: Sequence[str], column: str) -> pd.DataFrame:
    rows = []
    for name in names:
        values = table.loc[table[by] == name, column].dropna()
        if len(values):
            rows.append((name, len(values), *values.quantile([0, 0.25, 0.5, 0.75, 1]).tolist()))
    return pd.DataFrame(rows, columns=["name", "clips", "lowest", "lower", "median", "upper", "highest"])
