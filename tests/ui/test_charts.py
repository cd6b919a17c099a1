"""The figures, without Streamlit: what they draw and what they say."""

import subprocess
import sys

import pytest
from dashboard_helpers import ROOT

from aec.charts.predictions import probability_alt, probability_chart, timeline_alt, timeline_chart
from aec.charts.style import EMOTION_SYMBOLS
from aec.emotions import EMOTION_COLOURS, EMOTIONS
from aec.prediction import Segment

SHARES = {"angry": 0.07, "sad": 0.71, "neutral": 0.22}
SEGMENTS = [
    Segment(0.0, 3.0, "sad", 0.6, {"sad": 0.6, "angry": 0.4}),
    Segment(1.5, 4.5, "sad", 0.8, {"sad": 0.8, "angry": 0.2}),
    Segment(3.0, 6.0, "angry", 0.9, {"sad": 0.1, "angry": 0.9}),
]
FIGURES = {
    "probability": lambda: probability_chart(SHARES),
    "timeline": lambda: timeline_chart(SEGMENTS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_lets_the_page_shine_through(name):
    layout = FIGURES[name]().layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_starts_at_zero_and_names_its_number_axis(name):
    figure = FIGURES[name]()
    axis = figure.layout.xaxis if name == "probability" else figure.layout.yaxis
    assert axis.rangemode == "tozero" or axis.range[0] == 0
    assert axis.title.text.startswith("Probability (%)")


@pytest.mark.parametrize("name", FIGURES)
def test_every_visible_mark_has_a_hover_text(name):
    for trace in FIGURES[name]().data:
        silent = trace.hoverinfo == "skip" or trace.x == (None,)
        assert silent or trace.hovertemplate


def test_bars_are_sorted_with_numbers_and_fixed_colours():
    (bar,) = probability_chart(SHARES).data
    assert list(bar.y) == ["Sad", "Neutral", "Angry"]
    assert list(bar.text) == ["71%", "22%", "7%"]
    assert list(bar.marker.color) == [EMOTION_COLOURS[word] for word in ("sad", "neutral", "angry")]
    assert probability_alt(SHARES) == "Probability of each emotion: sad 71%, neutral 22%, angry 7%."


def test_the_timeline_has_a_line_per_emotion_with_its_own_mark():
    figure = timeline_chart(SEGMENTS)
    assert [trace.name for trace in figure.data] == ["Sad", "Angry"]
    assert list(figure.data[0].x) == [1.5, 3.0, 4.5]
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    assert (
        timeline_alt(SEGMENTS) == "Likeliest emotion over time: sad from 0.0 to 4.5 s, then angry from 3.0 to 6.0 s."
    )
    assert timeline_alt(SEGMENTS[:2]) == "Sad is the likeliest emotion in every window."


def test_every_emotion_has_its_own_mark():
    assert set(EMOTION_SYMBOLS) == set(EMOTIONS)
    assert len(set(EMOTION_SYMBOLS.values())) == len(EMOTIONS)


def test_figures_need_no_streamlit():
    code = (
        "import aec.charts.clip, aec.charts.corpora, aec.charts.predictions, sys; print('streamlit' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"
