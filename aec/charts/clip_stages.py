"""Figure of the time of one clip by stage, a stacked bar per version."""

from collections.abc import Sequence

import plotly.graph_objects as go

from aec.benchmark.results import CLIP_STAGES, STAGED_VERSIONS, ClipStage
from aec.benchmark.settings import VERSIONS
from aec.charts.style import finish
from aec.charts.words import percent

# None of them is the colour of a version; each has a pattern besides.
_COLOURS = {"decode": "#56B4E9", "resample": "#CC79A7", "fft": "#E69F00", "rest": "#F0E442"}
_PATTERNS = {"decode": "", "resample": "/", "fft": ".", "rest": "\\"}
_DARK = "#1A1A1A"
_ROW_PX = 56


def stages_chart(rows: Sequence[ClipStage]) -> go.Figure:
    """Return the milliseconds of each stage of an average clip, a bar per version."""
    versions = [version for version in STAGED_VERSIONS if any(row.version == version for row in rows)]
    figure = go.Figure()
    for stage, title in CLIP_STAGES.items():
        own = {row.version: row for row in rows if row.stage == stage}
        shown = [version for version in versions if version in own]
        figure.add_bar(
            x=[own[version].ms for version in shown],
            y=[VERSIONS[version] for version in shown],
            name=title,
            orientation="h",
            text=[f"{own[version].ms:.1f}" for version in shown],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": _DARK},
            textangle=0,
            constraintext="inside",
            marker={
                "color": _COLOURS[stage],
                "line": {"color": _DARK, "width": 1},
                "pattern": {
                    "shape": _PATTERNS[stage],
                    "fillmode": "overlay",
                    "fgcolor": _DARK,
                    "fgopacity": 0.25,
                    "size": 7,
                },
            },
            customdata=[100 * own[version].share for version in shown],
            hovertemplate="%{y}: %{x:.2f} ms, %{customdata:.0f} %<extra>" + title + "</extra>",
        )
    figure.update_xaxes(title="Time of an average clip (ms)", rangemode="tozero")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return finish(figure, height=110 + _ROW_PX * len(versions), barmode="stack", bargap=0.35)


def stages_alt(rows: Sequence[ClipStage]) -> str:
    """Return a text alternative: time of each version and share of each stage."""
    texts = []
    for version in STAGED_VERSIONS:
        own = [row for row in rows if row.version == version]
        if own:
            parts = ", ".join(f"{CLIP_STAGES[row.stage]} {percent(row.share)}" for row in own)
            texts.append(f"{VERSIONS[version]} {sum(row.ms for row in own):.1f} ms: {parts}")
    return f"Time of an average clip on one core. {'; '.join(texts)}."
