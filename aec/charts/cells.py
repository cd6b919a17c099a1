"""Tables of counts as coloured cells: emotions by corpus, and who lacks which emotion."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from aec.charts.speakers import NAMED_SPEAKERS, name_speakers
from aec.charts.style import finish
from aec.charts.words import counted, percent, titled

# Given in full, and opaque, to be the same on the light and the dark page.
_SCALE = [[0, "#EFF5F9"], [1, "#0072B2"]]
# In cells deeper than that, numbers are white.
_DARK = 0.75
_INK = {True: "#FFFFFF", False: "#222222"}
_LACKING = "#D55E00"
_ROW_PX = 34
_TOLD_SPEAKERS = 3


def corpus_cells(counts: pd.DataFrame, *, as_share: bool) -> go.Figure:
    """Return the emotions of each corpus as cells; the colour is the share of the corpus.

    Parameters
    ----------
    counts : pd.DataFrame
        Columns `emotion`, `corpus`, `clips`; one row per pair.
    as_share : bool
        Write shares instead of counts.
    """
    table = _table(counts, "emotion", "corpus")
    shares = _shares_of_columns(table)
    top = max(float(shares.max(initial=0.0)), 0.2)
    names = [titled(str(emotion)) for emotion in table.index]
    corpora = [str(corpus) for corpus in table.columns]
    figure = _heatmap(shares, corpora, names, top)
    figure.data[0].customdata = table.to_numpy()
    figure.data[0].hovertemplate = "%{y}, %{x}: %{customdata:,} clips, %{z:.1%} of the corpus<extra></extra>"
    words = [
        [percent(s, 1) if as_share else f"{n:,}" for s, n in zip(*row, strict=True)] for row in _rows(shares, table)
    ]
    _write(figure, shares / top >= _DARK, words, corpora, names)
    figure.update_xaxes(side="top", title="")
    return finish(figure, height=60 + _ROW_PX * len(names))


def corpus_cells_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: which emotions a corpus does not have at all."""
    table = _table(counts, "emotion", "corpus")
    lacking = {str(corpus): [str(e) for e in table.index[table[corpus] == 0]] for corpus in table.columns}
    told = [f"no clip of {corpus} is {_or(emotions)}" for corpus, emotions in lacking.items() if emotions]
    if told:
        return f"{titled('; '.join(told))}."
    return "Every corpus has clips of every emotion." if len(table.columns) > 1 else "Every emotion has clips."


def coverage_chart(counts: pd.DataFrame) -> go.Figure:
    """Return the emotions of each speaker; the colour is the share of the speaker, a cross is none at all.

    Parameters
    ----------
    counts : pd.DataFrame
        Columns `speaker`, `emotion`, `clips`; one row per pair.
    """
    table = _table(counts, "emotion", "speaker")
    values = table.to_numpy()
    shares = _shares_of_columns(table)
    speakers = [str(speaker) for speaker in table.columns]
    names = [titled(str(emotion)) for emotion in table.index]
    figure = _heatmap(shares, speakers, names, max(float(shares.max(initial=0.0)), 0.2))
    figure.data[0].customdata = values
    figure.data[0].hovertemplate = "%{x}, %{y}: %{customdata:,} clips, %{z:.1%} of the speaker's<extra></extra>"
    if len(speakers) > NAMED_SPEAKERS:
        figure.data[0].update(xgap=0)
    lacking = np.argwhere(values == 0)
    figure.add_scatter(
        x=[speakers[column] for _, column in lacking],
        y=[names[row] for row, _ in lacking],
        mode="markers",
        name="No clip",
        marker={"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": _LACKING}},
        hoverinfo="skip",
        showlegend=bool(len(lacking)),
    )
    finish(figure, height=130 + _ROW_PX * len(names))
    return name_speakers(figure, speakers)


def coverage_alt(counts: pd.DataFrame) -> str:
    """Return the chart's finding: who lacks which emotion."""
    table = _table(counts, "emotion", "speaker")
    lacking = {str(who): [str(e) for e in table.index[table[who] == 0]] for who in table.columns}
    lacking = {who: emotions for who, emotions in lacking.items() if emotions}
    if not lacking:
        each = "The one speaker shows" if len(table.columns) == 1 else f"All {len(table.columns):,} speakers show"
        return f"{each} every emotion."
    told = [f"{who} ({', '.join(emotions)})" for who, emotions in list(lacking.items())[:_TOLD_SPEAKERS]]
    rest = f" and {len(lacking) - len(told):,} more" if len(lacking) > len(told) else ""
    verb = "lacks" if len(lacking) == 1 else "lack"
    return f"{len(lacking):,} of {counted(len(table.columns), 'speaker')} {verb} an emotion: {', '.join(told)}{rest}."


def _heatmap(values: np.ndarray, columns: list[str], rows: list[str], top: float) -> go.Figure:
    figure = go.Figure(
        go.Heatmap(z=values, x=columns, y=rows, zmin=0, zmax=top, colorscale=_SCALE, showscale=False, xgap=2, ygap=2)
    )
    figure.update_xaxes(showgrid=False, type="category", categoryarray=columns)
    figure.update_yaxes(showgrid=False, type="category", categoryarray=rows, autorange="reversed")
    return figure


def _write(figure: go.Figure, dark: np.ndarray, words: list[list[str]], columns: list[str], rows: list[str]) -> None:
    for deep in (False, True):
        cells = np.argwhere(dark == deep)
        figure.add_scatter(
            x=[columns[column] for _, column in cells],
            y=[rows[row] for row, _ in cells],
            text=[words[row][column] for row, column in cells],
            mode="text",
            textfont={"color": _INK[deep], "size": 13},
            hoverinfo="skip",
            showlegend=False,
        )


def _table(counts: pd.DataFrame, row: str, column: str) -> pd.DataFrame:
    """Return the counts with a row per emotion, both in the order of their first appearance."""
    table = counts.pivot_table(index=row, columns=column, values="clips", aggfunc="sum", sort=False)
    return table.fillna(0).astype("int64")


def _shares_of_columns(table: pd.DataFrame) -> np.ndarray:
    counts = table.to_numpy(dtype=float)
    totals = counts.sum(axis=0, keepdims=True)
    return np.asarray(counts / np.maximum(totals, 1))


def _rows(shares: np.ndarray, table: pd.DataFrame) -> list[tuple[list[float], list[int]]]:
    return list(zip(shares.tolist(), table.to_numpy().tolist(), strict=True))


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
