"""Charts of the emotions in each corpus, and of shares beside published ones."""

import pandas as pd
import plotly.graph_objects as go

from aec.charts.heat_map import heat_map, write_cells
from aec.charts.style import CORPUS_PATTERNS, MUTED, RIMMED, colour_of, finish, finish_rows
from aec.charts.words import any_of, percent, titled

_WHITE_FROM = 0.75


def balance_chart(counts: pd.DataFrame) -> go.Figure:
    """Return one bar per emotion, stacked by corpus.

    Parameters
    ----------
    counts : pd.DataFrame [shape=(emotions, corpora)]
        Clips; index and columns are the names.
    """
    names = [titled(emotion) for emotion in counts.index]
    figure = go.Figure()
    for number, corpus in enumerate(map(str, counts)):
        _add_corpus(figure, counts[corpus], corpus, CORPUS_PATTERNS[number % len(CORPUS_PATTERNS)])
    totals = counts.sum(axis=1)
    figure.add_scatter(
        x=totals.tolist(),
        y=names,
        text=[f" {total:,}" for total in totals],
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(range=[0, max(int(totals.max()), 1) * 1.12], title="Clips", tickformat=",")
    return finish_rows(figure, names, barmode="stack", bargap=0.3, showlegend=len(counts.columns) > 1)


def balance_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: the clips of every emotion and its share."""
    totals = counts.sum(axis=1)
    everything = max(int(totals.sum()), 1)
    listed = [f"{emotion} {n} ({percent(n / everything, 1)})" for emotion, n in totals.items()]
    return f"Clips by emotion: {', '.join(listed)}."


def corpus_heat_map(counts: pd.DataFrame, *, as_share: bool) -> go.Figure:
    """Return a heat map of emotions by corpus; the colour is the share of the corpus.

    Parameters
    ----------
    counts : pd.DataFrame [shape=(emotions, corpora)]
    as_share : bool
        Write shares instead of counts.
    """
    shares = (counts / counts.sum().clip(lower=1)).to_numpy()
    numbers = counts.to_numpy()
    figure = heat_map(
        shares,
        numbers,
        columns=[str(corpus) for corpus in counts.columns],
        rows=[titled(emotion) for emotion in counts.index],
        hover="%{y}, %{x}: %{customdata:,} clips, %{z:.1%} of the corpus",
    )
    texts = [
        [percent(cell, 1) if as_share else f"{cell:,}" for cell in row] for row in (shares if as_share else numbers)
    ]
    write_cells(figure, texts, white_from=_WHITE_FROM, ink="#222222")
    figure.update_xaxes(side="top", title="")
    return finish(figure, height=60 + 34 * len(counts))


def corpus_heat_map_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: which emotions a corpus does not have at all."""
    absent = {corpus: [str(emotion) for emotion in counts.index[counts[corpus] == 0]] for corpus in counts}
    missing = [f"no clip of {corpus} is {any_of(emotions)}" for corpus, emotions in absent.items() if emotions]
    if missing:
        return f"{titled('; '.join(missing))}."
    return "Every corpus has clips of every emotion." if len(counts.columns) > 1 else "Every emotion has clips."


def share_chart(shares: pd.DataFrame) -> go.Figure:
    """Return a bar per emotion or corpus for its share, and a mark if published.

    Parameters
    ----------
    shares : pd.DataFrame
        Columns `name` (an emotion or a corpus), `title`, `found`, `found_share`, `published`, `published_share`;
        what is missing is NaN.
    """
    titles = shares["title"].tolist()
    figure = go.Figure(
        go.Bar(
            x=(100 * shares["found_share"]).tolist(),
            y=titles,
            orientation="h",
            name="Here",
            marker={"color": [colour_of(str(name)) for name in shares["name"]]},
            customdata=shares["found"].tolist(),
            hovertemplate="%{y}: %{x:.1f}% here, %{customdata:,} clips<extra></extra>",
            showlegend=False,
        )
    )
    known = shares[shares["published"].notna()]
    figure.add_scatter(
        x=(100 * known["published_share"]).tolist(),
        y=known["title"].tolist(),
        mode="markers",
        name="Published",
        marker={"symbol": "diamond", **RIMMED},
        customdata=known["published"].astype("int64").tolist(),
        hovertemplate="%{y}: %{x:.1f}% published, %{customdata:,} clips<extra></extra>",
    )
    # The bars have a colour each; the legend needs one.
    figure.add_bar(x=[None], y=[None], orientation="h", name="Here", marker={"color": MUTED})
    figure.update_xaxes(title="Share of clips (%)", rangemode="tozero")
    return finish_rows(figure, titles, bargap=0.35, showlegend=True)


def share_alt(shares: pd.DataFrame) -> str:
    """Return the chart's finding: the largest difference to a published share."""
    both = shares[shares["published"].notna() & (shares["found"] > 0)]
    if both.empty:
        return "None of these clips are of a published class or source."
    difference = (both["found_share"] - both["published_share"]).abs()
    if difference.max() < 0.0005:
        return "All shares are as published."
    row = both.iloc[int(difference.to_numpy().argmax())]
    here, there = percent(row["found_share"], 1), percent(row["published_share"], 1)
    return f"Furthest from the published shares: {row['title']}, {here} here and {there} there."


def _add_corpus(figure: go.Figure, clips: "pd.Series[int]", corpus: str, shape: str) -> None:
    """Add a corpus's bar of each emotion, and its pattern to the legend."""
    pattern = {"shape": shape, "fgcolor": "rgba(255,255,255,0.75)", "fillmode": "overlay", "size": 7}
    figure.add_bar(
        x=clips.tolist(),
        y=[titled(emotion) for emotion in clips.index],
        orientation="h",
        name=corpus,
        marker={"color": [colour_of(emotion) for emotion in clips.index], "pattern": pattern},
        hovertemplate="%{y}, %{fullData.name}: %{x:,} clips<extra></extra>",
        showlegend=False,
    )
    # The bars have a colour each; the legend shows the pattern alone.
    figure.add_bar(x=[None], y=[None], orientation="h", name=corpus, marker={"color": MUTED, "pattern": pattern})
