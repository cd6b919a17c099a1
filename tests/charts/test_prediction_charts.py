"""Charts of predictions and timelines, and their alternative texts."""

import subprocess
import sys

import numpy as np
import pytest
from dashboard_helpers import ROOT

from aec.charts.predictions import probability_alt, probability_chart
from aec.charts.style import EMOTION_SYMBOLS
from aec.charts.timeline import timeline_alt, timeline_chart
from aec.emotions import EMOTION_COLOURS, EMOTIONS
from aec.prediction.timeline import EmotionSpan, Segment, emotion_spans

SHARES = {"angry": 0.07, "sad": 0.71, "neutral": 0.22}
SEGMENTS = [
    Segment(0.0, 3.0, "sad", 0.6, {"sad": 0.6, "angry": 0.4}),
    Segment(1.5, 4.5, "sad", 0.8, {"sad": 0.8, "angry": 0.2}),
    Segment(3.0, 6.0, "angry", 0.9, {"sad": 0.1, "angry": 0.9}),
    Segment(4.5, 7.5, None, None, {"sad": 0.5, "angry": 0.5}),
    Segment(6.0, 9.0, "sad", 0.55, {"sad": 0.55, "angry": 0.45}),
]
STRETCHES = emotion_spans(SEGMENTS, 0.6)
TIMES = np.linspace(0, 9, 100)
WAVE = (TIMES, -0.25 * np.abs(np.sin(TIMES)), 0.2 * np.abs(np.sin(TIMES)))
FIGURES = {
    "probability": lambda: probability_chart(SHARES),
    "timeline": lambda: timeline_chart(SEGMENTS, STRETCHES, WAVE),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_transparent_background(name):
    layout = FIGURES[name]().layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_starts_at_zero_and_names_its_number_axis(name):
    figure = FIGURES[name]()
    axis = figure.layout.xaxis if name == "probability" else figure.layout.yaxis2
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


def test_the_timeline_has_a_line_per_emotion_with_its_own_mark_and_gaps_in_pauses():
    lines = timeline_chart(SEGMENTS, STRETCHES, WAVE).data[4:]
    assert [trace.name for trace in lines] == ["Sad", "Angry"]
    assert list(lines[0].x) == [1.5, 3.0, 4.5, 6.0, 7.5]
    assert list(lines[0].y) == [0.6, 0.8, 0.1, None, 0.55]
    assert [trace.line.color for trace in lines] == [EMOTION_COLOURS["sad"], EMOTION_COLOURS["angry"]]
    assert len({trace.marker.symbol for trace in lines}) == 2
    assert {trace.yaxis for trace in lines} == {"y2"}


def test_the_spans_lie_behind_the_waveform_with_colour_name_and_hatching():
    figure = timeline_chart(SEGMENTS, STRETCHES, WAVE)
    ground, strip, lowest, highest = figure.data[:4]
    for bars in (ground, strip):
        edges = [(x - width / 2, x + width / 2) for x, width in zip(bars.x, bars.width, strict=True)]
        assert edges == [(0.0, 3.75), (3.75, 5.25), (5.25, 6.75), (6.75, 9.0)]
        assert list(bars.customdata) == [
            *("Sad, 70%, 0.0 to 3.8 s", "Angry, 90%, 3.8 to 5.2 s", "Pause, 5.2 to 6.8 s"),
            "Sad, unsure, 55%, 6.8 to 9.0 s",
        ]
    assert list(strip.text) == ["Sad", "Angry", "Pause", "Sad?"]
    sad, angry = EMOTION_COLOURS["sad"], EMOTION_COLOURS["angry"]
    assert list(strip.marker.color) == [sad, angry, "rgba(0,0,0,0)", sad]
    tints = "rgba(0,114,178,0.3)", "rgba(213,94,0,0.3)"
    assert list(ground.marker.color) == [*tints, "rgba(0,0,0,0)", tints[0]]
    assert list(ground.marker.pattern.shape) == ["", "", "", "/"]
    assert [ground.base[0], ground.base[0] + ground.y[0]] == pytest.approx([WAVE[1].min(), -WAVE[1].min()])
    assert {trace.yaxis for trace in (ground, strip, lowest, highest)} == {"y"}
    assert list(lowest.y) == list(WAVE[1])
    assert list(highest.y) == list(WAVE[2])
    # The strip is above the waveform and within the figure.
    assert strip.base[0] > max(highest.y)
    assert figure.layout.yaxis.range[1] >= strip.base[0] + strip.y[0]


def test_both_rows_of_the_timeline_share_their_time():
    layout = timeline_chart(SEGMENTS, STRETCHES, WAVE).layout
    assert layout.xaxis.matches == "x2"
    assert tuple(layout.xaxis.range) == tuple(layout.xaxis2.range) == (0, 9.0)
    assert layout.xaxis2.title.text == "Time (s)"


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_names_on_the_strip_can_be_read(emotion):
    span = EmotionSpan(0.0, 9.0, emotion, 0.9, False)
    (ink,) = timeline_chart(SEGMENTS, [span], WAVE).data[1].insidetextfont.color
    dark, light = sorted((_luminance(EMOTION_COLOURS[emotion]), _luminance(ink)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    """WCAG 2's relative luminance."""
    channels = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_many_windows_are_lines_without_marks():
    many = [Segment(float(at), at + 3.0, "sad", 0.7, {"sad": 0.7, "angry": 0.3}) for at in range(300)]
    modes = {trace.mode for trace in timeline_chart(many, emotion_spans(many, 0.5), WAVE).data[4:]}
    assert modes == {"lines"}


def test_a_silent_waveform_is_drawn_too():
    silence = (TIMES, 0 * TIMES, 0 * TIMES)
    low, high = timeline_chart(SEGMENTS, STRETCHES, silence).layout.yaxis.range
    assert low < 0 < high


def test_the_text_beside_the_timeline():
    assert timeline_alt(STRETCHES) == (
        "Likeliest emotion over time: sad from 0.0 to 3.8 s, then angry from 3.8 to 5.2 s, then pause from 5.2 to "
        "6.8 s, then sad, unsure from 6.8 to 9.0 s."
    )
    assert timeline_alt(emotion_spans(SEGMENTS[:2], 0.6)) == "Sad is the likeliest emotion in every window."
    assert timeline_alt(emotion_spans(SEGMENTS[:2], 0.9)) == (
        "Likeliest emotion over time: sad, unsure from 0.0 to 4.5 s."
    )
    many = [EmotionSpan(float(at), at + 1.0, ("sad", "angry")[at % 2], 0.9, False) for at in range(20)]
    assert timeline_alt(many).endswith("then angry from 7.0 to 8.0 s, and 12 more spans.")
    assert timeline_alt(many[:9]).endswith("and 1 more span.")


def test_every_emotion_has_its_own_mark():
    assert set(EMOTION_SYMBOLS) == set(EMOTIONS)
    assert len(set(EMOTION_SYMBOLS.values())) == len(EMOTIONS)


def test_figures_need_no_streamlit():
    figures = "aec.charts.clip, aec.charts.corpora, aec.charts.predictions, aec.charts.timeline"
    code = f"import {figures}, sys; print('streamlit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"
