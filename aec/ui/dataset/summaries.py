"""A table of clips, counted for the charts and the tables behind them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from aec.corpora.ordering import natural_key

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
    pd.DataFrame
        Columns `emotion`, `corpus`, `clips`; emotions without a clip have a row of zero per corpus.
    """
    corpora = list(dict.fromkeys(table["corpus"].dropna()))
    counts = pd.crosstab(table["emotion"], table["corpus"]).reindex(index=list(labels), columns=corpora, fill_value=0)
    return _long(counts, "emotion", "corpus")


def speaker_counts(table: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return the clips of each speaker and emotion that occurs; columns `speaker`, `emotion`, `clips`."""
    known = table[table["speaker"].notna()]
    present = [label for label in labels if (known["emotion"] == label).any()]
    corpora = {corpus: at for at, corpus in enumerate(dict.fromkeys(known["corpus"]))}
    first = known.drop_duplicates("speaker")
    ranked = sorted(
        zip(first["corpus"], first["speaker"], strict=True), key=lambda pair: (corpora[pair[0]], natural_key(pair[1]))
    )
    speakers = [speaker for _, speaker in ranked]
    counts = pd.crosstab(known["speaker"], known["emotion"]).reindex(index=speakers, columns=present, fill_value=0)
    return _long(counts, "speaker", "emotion")


def sex_counts(table: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return the clips of each sex and emotion that occurs.

    Returns
    -------
    pd.DataFrame
        Columns `sex` (`female`, `male`, another word of a manifest, or `unknown`), `speakers` (of that sex, whatever
        the emotion), `emotion`, `clips`; one row per pair.
    """
    sexes = table["sex"].fillna(_UNKNOWN)
    speakers = table["speaker"].groupby(sexes).nunique()
    present = [label for label in labels if (table["emotion"] == label).any()]
    order = sorted(sexes.unique(), key=lambda word: (word == _UNKNOWN, word))
    counts = pd.crosstab(sexes, table["emotion"]).reindex(index=order, columns=present, fill_value=0)
    long = _long(counts, "sex", "emotion")
    long.insert(1, "speakers", long["sex"].map(speakers))
    return long


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
    """Return the peak levels by emotion or corpus, in dBFS; columns as of `duration_summary`, without the last."""
    audible = table[np.isfinite(table["peak_dbfs"])]
    return _quarters(audible, by, names, "peak_dbfs")


def rate_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the clips at each sampling rate, the commonest first; columns `title` and `clips`."""
    counts = table["sampling_rate"].dropna().value_counts()
    return pd.DataFrame({"title": [f"{rate:,} Hz" for rate in counts.index], "clips": counts.to_numpy()})


def channel_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return the clips of each number of channels, the commonest first; columns `title` and `clips`."""
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
        The rows, in order, by what they are called.

    Returns
    -------
    pd.DataFrame
        Columns `name`, `title`, `found`, `found_share`, `published`, `published_share`; the last two are NaN where
        nothing was published. Shares are of everything that was found, and of everything that was published.
    """
    total, everything = max(sum(found.values()), 1), sum(published.values())
    rows = [
        (
            name,
            title,
            found.get(name, 0),
            found.get(name, 0) / total,
            published.get(name, np.nan),
            published.get(name, np.nan) / everything,
        )
        for name, title in titles.items()
    ]
    return pd.DataFrame(rows, columns=["name", "title", "found", "found_share", "published", "published_share"])


def _quarters(table: pd.DataFrame, by: str, names: Sequence[str], column: str) -> pd.DataFrame:
    rows = []
    for name in names:
        values = table.loc[table[by] == name, column].dropna()
        if len(values):
            rows.append((name, len(values), *values.quantile([0, 0.25, 0.5, 0.75, 1]).tolist()))
    return pd.DataFrame(rows, columns=["name", "clips", "lowest", "lower", "median", "upper", "highest"])


def _long(counts: pd.DataFrame, row: str, column: str) -> pd.DataFrame:
    counts.index.name = row
    return counts.reset_index().melt(id_vars=row, var_name=column, value_name="clips")
