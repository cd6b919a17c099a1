"""The figures, without Streamlit: what they draw and what they say."""

import subprocess
import sys

import pandas as pd
import pytest
from dashboard_helpers import ROOT

from aec.charts.corpora import balance_alt, balance_chart, duration_alt, duration_chart, speaker_alt, speaker_chart
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
COUNTS = pd.DataFrame(
    {"emotion": ["sad", "angry", "sad", "angry"], "corpus": ["a", "a", "b", "b"], "clips": [3, 1, 4, 0]}
)
DURATIONS = pd.DataFrame(
    {
        "emotion": ["sad", "angry"],
        "clips": [7, 1],
        "shortest": [1.0, 2.0],
        "lower": [1.5, 2.0],
        "median": [2.5, 2.0],
        "upper": [3.0, 2.0],
        "longest": [7.0, 2.0],
        "over_limit": [1, 0],
    }
)
SPEAKERS = pd.DataFrame({"speaker": ["a/1", "a/2"], "emotion": ["sad", "sad"], "clips": [5, 2]})
FIGURES = {
    "probability": lambda: probability_chart(SHARES),
    "timeline": lambda: timeline_chart(SEGMENTS),
    "balance": lambda: balance_chart(COUNTS),
    "duration": lambda: duration_chart(DURATIONS, 5.8),
    "speaker": lambda: speaker_chart(SPEAKERS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_lets_the_page_shine_through(name):
    layout = FIGURES[name]().layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_starts_at_zero_and_names_its_number_axis(name):
    figure = FIGURES[name]()
    horizontal = name in {"probability", "balance", "duration"}
    axis = figure.layout.xaxis if horizontal else figure.layout.yaxis
    assert axis.rangemode == "tozero" or axis.range[0] == 0
    assert axis.title.text.startswith(("Probability (%)", "Clips", "Duration (s)"))


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


def test_balance_is_stacked_by_corpus_with_patterns():
    figure = balance_chart(COUNTS)
    stacked = [trace for trace in figure.data if trace.type == "bar" and trace.x != (None,)]
    assert [trace.name for trace in stacked] == ["a", "b"]
    assert [list(trace.x) for trace in stacked] == [[3, 1], [4, 0]]
    assert figure.layout.barmode == "stack"
    assert len({trace.marker.pattern.shape for trace in stacked}) == 2
    assert balance_alt(COUNTS) == "Clips by emotion: sad 7 (87.5%), angry 1 (12.5%)."


def test_durations_mark_the_limit():
    figure = duration_chart(DURATIONS, 5.8)
    assert figure.layout.shapes[0].x0 == 5.8
    assert "500 frames" in figure.layout.annotations[0].text
    assert duration_alt(DURATIONS, 5.8) == (
        "Median duration from 2.0 s (angry) to 2.5 s (sad); 1 clip longer than the 500-frame limit of 5.8 s."
    )


def test_speakers_are_named_by_their_last_part():
    figure = speaker_chart(SPEAKERS)
    assert list(figure.layout.xaxis.ticktext) == ["1", "2"]
    assert speaker_alt(SPEAKERS) == "2 speakers; the most clips are of a/1 (5), the fewest of a/2 (2)."


def test_figures_need_no_streamlit():
    code = "import aec.charts.corpora, aec.charts.predictions, sys; print('streamlit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"
