"""Chart of a voice's descriptors against their distribution per emotion."""

from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aec.charts.style import MUTED, colour_of, finish
from aec.charts.words import titled
from aec.features.descriptor_distribution import Distribution, Percentiles
from aec.features.voice_measures import MEASURES

_BOX_PX = 16
# Height of the title and the axis of each measure.
_ROW_PX = 64
_MARGIN = 0.06


def descriptor_chart(values: Mapping[str, float | None], usual: Distribution) -> go.Figure:
    """Return a row per measure: a box per emotion, a line for this clip's value.

    Parameters
    ----------
    values : mapping of str to float or None
        This clip's, by the names of `MEASURES`.
    usual : Distribution
        At least one emotion with one measure: see `drawn`.
    """
    names = drawn(usual)
    emotions = [emotion for emotion in usual if any(name in usual[emotion] for name in names)]
    inner = _BOX_PX * len(emotions)
    height = (_ROW_PX + inner) * len(names) + 24
    # The value is in the title, because beside the line it would overlap the title for small values.
    titles = [
        f"<b>{MEASURES[name].title}</b>: {measure_text(name, values.get(name))}"
        + ("" if values.get(name) is None else " in this clip")
        for name in names
    ]
    figure = make_subplots(
        rows=len(names),
        cols=1,
        subplot_titles=titles,
        vertical_spacing=_ROW_PX / height if len(names) > 1 else 0,
    )
    for row, name in enumerate(names, start=1):
        spreads = {emotion: usual[emotion][name] for emotion in emotions if name in usual[emotion]}
        _draw_row(figure, row, name, values.get(name), spreads)
    words = [titled(emotion) for emotion in emotions]
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=words, range=[len(words) - 0.5, -0.5], showgrid=False
    )
    # Titles of rows are centred by default, far from the emotions' names.
    figure.update_annotations(selector={"yanchor": "bottom", "xanchor": "center"}, x=0, xanchor="left")
    return finish(figure, height=height, showlegend=False, margin={"l": 8, "r": 16, "t": 32, "b": 8}, boxgap=0.25)


def descriptor_alt(values: Mapping[str, float | None], usual: Distribution) -> str:
    """Return the chart as text: the finding of each measure."""
    return " ".join(finding(name, values.get(name), usual) for name in drawn(usual))


def drawn(usual: Distribution) -> list[str]:
    """Return the measures with a distribution, in the order of `MEASURES`."""
    return [name for name in MEASURES if any(name in spreads for spreads in usual.values())]


def finding(name: str, value: float | None, usual: Distribution) -> str:
    """Return a sentence: the emotions for which a value is common or rare.

    Parameters
    ----------
    name : str
        Of the measure.
    value : float or None
        This clip's.
    usual : Distribution
    """
    measure = MEASURES[name]
    if value is None:
        return f"{measure.title} cannot be measured in this clip."
    spreads = {emotion: of[name] for emotion, of in usual.items() if name in of}
    common = [emotion for emotion, of in spreads.items() if of.p25 <= value <= of.p75]
    beyond = [emotion for emotion, of in spreads.items() if value > of.p90]
    below = [emotion for emotion, of in spreads.items() if value < of.p10]
    findings = []
    if common:
        whose = "the clips of every emotion" if len(common) == len(spreads) > 1 else f"{_and(common)} clips"
        findings.append(f"in the middle half of {whose}")
    for word, emotions in ((measure.more, beyond), (measure.less, below)):
        if emotions:
            findings.append(f"{word} than nine in ten {_and(emotions)} clips")
    start = f"{measure.title} {measure_text(name, value)}"
    return f"{start}: {'; '.join(findings)}." if findings else f"{start}: neither common nor rare for any emotion."


def measure_text(name: str, value: float | None) -> str:
    """Return a value with its unit, or `not measurable`."""
    if value is None:
        return "not measurable"
    measure = MEASURES[name]
    if measure.unit == "%":
        return f"{value:.{measure.digits}%}"
    return f"{value:.{measure.digits}f} {measure.unit}".replace("-", "−")


def _draw_row(
    figure: go.Figure, row: int, name: str, value: float | None, spreads: Mapping[str, Percentiles]
) -> None:
    for emotion, of in spreads.items():
        box = go.Box(
            y=[titled(emotion)],
            q1=[of.p25],
            median=[of.p50],
            q3=[of.p75],
            lowerfence=[of.p10],
            upperfence=[of.p90],
            orientation="h",
            marker={"color": colour_of(emotion)},
            hoverinfo="skip",
        )
        figure.add_trace(box, row=row, col=1)
    figure.add_trace(_hover(name, spreads), row=row, col=1)
    ends = [end for of in spreads.values() for end in (of.p10, of.p90)] + ([] if value is None else [value])
    margin = _MARGIN * (max(ends) - min(ends)) or 1.0
    form = ".0%" if MEASURES[name].unit == "%" else None
    figure.update_xaxes(
        range=[min(ends) - margin, max(ends) + margin], zeroline=False, nticks=7, tickformat=form, row=row, col=1
    )
    if value is not None:
        figure.add_vline(x=value, line={"color": MUTED, "width": 3, "dash": "dash"}, row=row, col=1)


def _hover(name: str, spreads: Mapping[str, Percentiles]) -> go.Scatter:
    # Boxes made of percentiles have no hover text; these invisible markers do.
    lines = [
        f"{titled(emotion)}: median {measure_text(name, of.p50)}, middle half {measure_text(name, of.p25)} to "
        f"{measure_text(name, of.p75)}<br>{of.count:,} clips"
        for emotion, of in spreads.items()
    ]
    return go.Scatter(
        x=[of.p50 for of in spreads.values()],
        y=[titled(emotion) for emotion in spreads],
        mode="markers",
        marker={"opacity": 0, "size": 14},
        customdata=lines,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
