"""Heat maps of counts: the colour is a share, numbers are written into the cells."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

# Given in full, and opaque, to be the same on the light and the dark page.
OPAQUE_SCALE = ((0.0, "#EFF5F9"), (1.0, "#0072B2"))


def heat_map(
    shares: np.ndarray,
    counts: np.ndarray,
    *,
    columns: Sequence[str],
    rows: Sequence[str],
    hover: str,
    top: float | None = None,
    scale: Sequence[tuple[float, str]] = OPAQUE_SCALE,
) -> go.Figure:
    """Return a heat map with named columns and rows, the first row on top.

    Parameters
    ----------
    shares, counts : np.ndarray [shape=(rows, columns)]
        The colour of each cell, from 0 to 1, and the number behind it (`customdata` of the hover text).
    columns, rows : sequence of str
    hover : str
        Plotly's template of the hover text.
    top : float, optional
        The share with the deepest colour; default the largest one, at least 0.2.
    scale : sequence of (float, str), optional
        Plotly's colour scale.
    """
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=list(columns),
            y=list(rows),
            customdata=counts,
            hovertemplate=f"{hover}<extra></extra>",
            zmin=0,
            zmax=max(float(shares.max(initial=0.0)), 0.2) if top is None else top,
            colorscale=scale,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_xaxes(showgrid=False, type="category", categoryarray=list(columns))
    figure.update_yaxes(showgrid=False, type="category", categoryarray=list(rows), autorange="reversed")
    return figure


def write_cells(figure: go.Figure, texts: Sequence[Sequence[str]], *, white_from: float, ink: str | None) -> None:
    """Write a text into each cell of a heat map, white on deep colours.

    Parameters
    ----------
    figure : go.Figure
        As `heat_map` returns it.
    texts : sequence of sequence of str [shape=(rows, columns)]
    white_from : float
        The part of the scale from 0 to 1 at which white text begins.
    ink : str or None
        Colour of the text on paler cells; None takes the page's own.
    """
    cells = figure.data[0]
    deep = np.asarray(cells.z) / cells.zmax >= white_from
    for white in (False, True):
        places = np.argwhere(deep == white)
        colour = "#FFFFFF" if white else ink
        figure.add_scatter(
            x=[cells.x[column] for _, column in places],
            y=[cells.y[row] for row, _ in places],
            text=[texts[row][column] for row, column in places],
            mode="text",
            textfont={"size": 13, **({"color": colour} if colour else {})},
            hoverinfo="skip",
            showlegend=False,
        )
