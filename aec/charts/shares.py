"""Shares of clips beside published ones."""

import pandas as pd
import plotly.graph_objects as go

from aec.charts.style import MUTED, colour_of, finish
from aec.charts.words import percent

_ROW_PX = 38


def share_chart(shares: pd.DataFrame) -> go.Figure:
    """Return one bar per emotion or corpus for the share that was found, with a mark for the published one.

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
        # White with a dark rim: to be seen on every bar and on either page.
        marker={"symbol": "diamond", "size": 12, "color": "#FFFFFF", "line": {"width": 2, "color": "#333333"}},
        customdata=known["published"].astype("int64").tolist(),
        hovertemplate="%{y}: %{x:.1f}% published, %{customdata:,} clips<extra></extra>",
    )
    # The bars have a colour each; the legend needs one.
    figure.add_bar(x=[None], y=[None], orientation="h", name="Here", marker={"color": MUTED})
    figure.update_xaxes(title="Share of clips (%)", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", showgrid=False, type="category", categoryarray=titles)
    return finish(figure, height=110 + _ROW_PX * len(titles), bargap=0.35, showlegend=True)


def share_alt(shares: pd.DataFrame) -> str:
    """Return the chart's finding: the largest difference to a published share."""
    both = shares[shares["published"].notna() & (shares["found"] > 0)]
    if both.empty:
        return "None of these clips are of a published class or source."
    apart = (both["found_share"] - both["published_share"]).abs()
    row = both.iloc[int(apart.to_numpy().argmax())]
    here, there = percent(row["found_share"], 1), percent(row["published_share"], 1)
    if apart.max() < 0.0005:
        return "All shares are as published."
    return f"Furthest from the published shares: {row['title']}, {here} here and {there} there."
