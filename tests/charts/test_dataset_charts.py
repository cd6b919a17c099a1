"""Figures of the Dataset page and their alternative texts, without Streamlit."""

import numpy as np
import pandas as pd
import pytest

from aec.charts.clip import (
    matrix_alt,
    matrix_chart,
    spectrogram_alt,
    spectrogram_chart,
    waveform_alt,
    waveform_chart,
)
from aec.charts.corpora import (
    balance_alt,
    balance_chart,
    corpus_heat_map,
    corpus_heat_map_alt,
    share_alt,
    share_chart,
)
from aec.charts.sound import count_alt, count_chart, duration_alt, duration_chart, level_alt, level_chart
from aec.charts.speakers import (
    sex_alt,
    sex_chart,
    speaker_alt,
    speaker_chart,
    speaker_heat_map,
    speaker_heat_map_alt,
)
from aec.charts.style import NAMED_SPEAKERS
from aec.emotions import EMOTION_COLOURS

COUNTS = pd.DataFrame({"a": [3, 1], "b": [4, 0]}, index=["sad", "angry"])
DURATIONS = pd.DataFrame(
    {
        "name": ["sad", "angry"],
        "clips": [7, 1],
        "lowest": [1.0, 2.0],
        "lower": [1.5, 2.0],
        "median": [2.5, 2.0],
        "upper": [3.0, 2.0],
        "highest": [7.0, 2.0],
        "over_limit": [1, 0],
    }
)
LEVELS = DURATIONS.drop(columns="over_limit").assign(
    lowest=[-40.0, -12.0], lower=[-20.0, -12.0], median=[-18.0, -12.0], upper=[-9.0, -12.0], highest=[-1.0, -12.0]
)
SPEAKERS = pd.DataFrame({"sad": [5, 2], "angry": [1, 0]}, index=["a/1", "b/2"])
SEXES = pd.DataFrame({"sad": [5, 2], "angry": [1, 0]}, index=["female", "unknown"]), {"female": 2, "unknown": 0}
SHARES = pd.DataFrame(
    {
        "name": ["sad", "calm"],
        "title": ["Sad", "Calm"],
        "found": [1, 3],
        "found_share": [0.25, 0.75],
        "published": [592, np.nan],
        "published_share": [0.046, np.nan],
    }
)
RATES = pd.DataFrame({"title": ["16,000 Hz", "48,000 Hz"], "clips": [1500, 2]})
RAMP = np.linspace(-0.1, 0.3, 20, dtype=np.float32)
MEL = np.array([[-80.0, -60.0, -70.0], [-10.0, 0.0, -20.0]], dtype=np.float32)
CENTRES = np.array([90.0, 18_000.0])
MATRIX = np.pad(np.full((120, 13), 7.25, dtype=np.float32), ((0, 380), (0, 0)))
FIGURES = {
    "balance": lambda: balance_chart(COUNTS),
    "corpora": lambda: corpus_heat_map(COUNTS, as_share=False),
    "coverage": lambda: speaker_heat_map(SPEAKERS),
    "duration": lambda: duration_chart(DURATIONS, 5.8),
    "level": lambda: level_chart(LEVELS),
    "matrix": lambda: matrix_chart(MATRIX, 120, 0.0116),
    "rates": lambda: count_chart(RATES, "Sampling rate"),
    "sexes": lambda: sex_chart(*SEXES),
    "shares": lambda: share_chart(SHARES),
    "speakers": lambda: speaker_chart(SPEAKERS),
    "spectrogram": lambda: spectrogram_chart(MEL, 1.5, CENTRES),
    "waveform": lambda: waveform_chart(np.arange(20) / 10, RAMP, RAMP),
}
HORIZONTAL = {
    "balance": "Clips",
    "duration": "Duration (s)",
    "rates": "Clips",
    "sexes": "Clips",
    "shares": "Share of",
}
HEAT_MAPS = ("corpora", "coverage", "matrix", "spectrogram")


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_has_a_transparent_background(name):
    layout = FIGURES[name]().layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("name", FIGURES)
def test_every_visible_mark_has_a_hover_text(name):
    for trace in FIGURES[name]().data:
        # Traces that stand for the legend alone have one point, which is nowhere.
        without = trace.hoverinfo == "skip" or (trace.type == "bar" and trace.x == (None,))
        assert without or trace.hovertemplate


@pytest.mark.parametrize(("name", "title"), HORIZONTAL.items())
def test_lengths_start_at_zero_with_their_unit(name, title):
    axis = FIGURES[name]().layout.xaxis
    assert axis.rangemode == "tozero" or axis.range[0] == 0
    assert axis.title.text.startswith(title)


def test_bars_of_speakers_start_at_zero():
    axis = FIGURES["speakers"]().layout.yaxis
    assert (axis.rangemode, axis.title.text) == ("tozero", "Clips")


@pytest.mark.parametrize("name", HEAT_MAPS)
def test_colours_have_a_fixed_scale_whatever_the_theme(name):
    for trace in FIGURES[name]().data:
        if trace.type == "heatmap":
            assert trace.zmin is not None
            assert trace.zmax is not None
            assert all(colour.startswith("#") for _, colour in trace.colorscale)


def test_balance_is_stacked_by_corpus_with_patterns():
    figure = FIGURES["balance"]()
    stacked = [trace for trace in figure.data if trace.type == "bar" and trace.x != (None,)]
    assert [trace.name for trace in stacked] == ["a", "b"]
    assert [list(trace.x) for trace in stacked] == [[3, 1], [4, 0]]
    assert figure.layout.barmode == "stack"
    assert len({trace.marker.pattern.shape for trace in stacked}) == 2
    assert balance_alt(COUNTS) == "Clips by emotion: sad 7 (87.5%), angry 1 (12.5%)."


def test_the_heat_map_shows_counts_or_shares_and_names_missing_emotions():
    written = [
        sorted(text for trace in corpus_heat_map(COUNTS, as_share=as_share).data[1:] for text in trace.text)
        for as_share in (False, True)
    ]
    assert written == [["0", "1", "3", "4"], ["0.0%", "100.0%", "25.0%", "75.0%"]]
    assert corpus_heat_map_alt(COUNTS) == "No clip of b is angry."
    assert corpus_heat_map_alt(COUNTS[["a"]]) == "Every emotion has clips."
    assert corpus_heat_map_alt(COUNTS + 1) == "Every corpus has clips of every emotion."


def test_numbers_in_deep_cells_are_white():
    pale, deep = corpus_heat_map(COUNTS, as_share=False).data[1:]
    assert (pale.textfont.color, deep.textfont.color) == ("#222222", "#FFFFFF")
    assert set(deep.text) == {"3", "4"}


def test_missing_emotions_of_a_speaker_are_crosses():
    crosses = FIGURES["coverage"]().data[1]
    assert (list(crosses.x), list(crosses.y)) == (["b/2"], ["Angry"])
    assert speaker_heat_map_alt(SPEAKERS) == "1 of 2 speakers lacks an emotion: b/2 (angry)."
    assert speaker_heat_map_alt(SPEAKERS + 1) == "All 2 speakers show every emotion."


def test_many_speakers_with_missing_emotions_are_counted():
    many = pd.DataFrame({"sad": [1] * 5, "angry": [0] * 5}, index=list("abcde"))
    assert speaker_heat_map_alt(many).endswith(
        "5 of 5 speakers lack an emotion: a (angry), b (angry), c (angry) and 2 more."
    )


def test_durations_mark_the_limit():
    figure = FIGURES["duration"]()
    assert figure.layout.shapes[0].x0 == 5.8
    assert "500 frames" in figure.layout.annotations[0].text
    assert duration_alt(DURATIONS, 5.8) == (
        "Median duration from 2.0 s (angry) to 2.5 s (sad); 1 clip longer than the 500-frame limit of 5.8 s."
    )


def test_levels_end_at_full_scale():
    figure = FIGURES["level"]()
    assert list(figure.layout.xaxis.range) == [-42.0, 1]
    assert "dBFS" in figure.layout.xaxis.title.text
    assert level_alt(LEVELS) == "Median peak level from −18.0 dBFS (sad) to −12.0 dBFS (angry)."


def test_the_text_beside_counts_names_one_value_or_several():
    assert count_alt(RATES, "sampling rate") == "Clips by sampling rate: 16,000 Hz 1,500, 48,000 Hz 2."
    assert count_alt(RATES[:1], "sampling rate") == "Sampling rate of all 1,500 clips: 16,000 Hz."


def test_speakers_are_named_below_and_their_corpora_above():
    figure = FIGURES["speakers"]()
    assert list(figure.layout.xaxis.ticktext) == ["1", "2"]
    assert [note.text for note in figure.layout.annotations] == ["a", "b"]
    assert speaker_alt(SPEAKERS) == "2 speakers; the most clips are of a/1 (6), the fewest of b/2 (2)."
    alone = speaker_chart(SPEAKERS[:1])
    assert not alone.layout.annotations


def test_names_of_too_many_speakers_are_in_the_hover_text_only():
    n = NAMED_SPEAKERS + 1
    many = pd.DataFrame({"sad": [1] * n}, index=[f"a/{k}" for k in range(n)])
    for figure in (speaker_chart(many), speaker_heat_map(many)):
        assert figure.layout.xaxis.showticklabels is False


def test_sexes_count_speakers_and_clips():
    figure = FIGURES["sexes"]()
    assert list(figure.data[0].y) == ["Female, 2 speakers", "Unknown, 0 speakers"]
    assert figure.data[0].marker.color == EMOTION_COLOURS["sad"]
    assert sex_alt(*SEXES) == "By sex: female 2 speakers with 6 clips, unknown 0 speakers with 2 clips."


def test_shares_are_drawn_beside_published_ones_where_there_are_any():
    bars, marks, _ = FIGURES["shares"]().data
    assert list(bars.x) == [25.0, 75.0]
    assert (list(marks.y), list(marks.x)) == (["Sad"], [4.6])
    assert share_alt(SHARES) == "Furthest from the published shares: Sad, 25.0% here and 4.6% there."
    assert share_alt(SHARES[1:]) == "None of these clips are of a published class or source."
    assert share_alt(SHARES.assign(found_share=SHARES["published_share"])) == "All shares are as published."


def test_the_waveform_has_a_round_scale_around_its_peak():
    assert list(FIGURES["waveform"]().layout.yaxis.range) == [-0.5, 0.5]
    assert waveform_alt(RAMP, RAMP, 1.9) == "Waveform of 1.90 s; its largest amplitude is 0.30 of full scale."


def test_the_spectrogram_has_a_mel_axis_in_hz():
    figure = FIGURES["spectrogram"]()
    assert "100" in figure.layout.yaxis.ticktext
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-80, 0)
    assert spectrogram_alt(MEL, CENTRES) == "Mel spectrogram; on average the band around 18,000 Hz is the loudest."


def test_the_matrix_marks_its_padding():
    figure = FIGURES["matrix"]()
    loudness, others = figure.data
    assert (np.shape(loudness.z), np.shape(others.z)) == ((1, 500), (12, 500))
    assert [shape.x0 for shape in figure.layout.shapes if shape.type == "rect"] == [119.5, 119.5]
    assert figure.layout.annotations[0].text == "zero padding,<br>380 frames"
    assert matrix_alt(MATRIX, 120) == "500 frames of 13 coefficients: 120 from the clip, 380 zero padding."


def test_a_cut_matrix_has_no_padding_and_its_text_counts_the_cut_frames():
    assert not matrix_chart(MATRIX, 712, 0.0116).layout.shapes
    assert matrix_alt(MATRIX, 712) == (
        "500 frames of 13 coefficients: the first 500 of the clip's 712; 212 are cut off."
    )
    assert matrix_alt(MATRIX, 500) == "500 frames of 13 coefficients, all from the clip."


def test_a_narrow_strip_of_padding_has_no_text():
    assert not matrix_chart(MATRIX, 480, 0.0116).layout.annotations
