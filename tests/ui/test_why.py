"""Tab that explains a prediction: figures, text, and its use on a page."""

import dataclasses
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from dashboard_helpers import ROOT, charts, save_small_model, texts
from streamlit.testing.v1 import AppTest

from aec.charts.voice import descriptor_alt, descriptor_chart, finding, measure_text
from aec.charts.why import occlusion_alt, occlusion_chart
from aec.emotions import EMOTION_COLOURS
from aec.features import FeatureSpec
from aec.features.descriptor_distribution import Percentiles
from aec.features.voice_measures import MEASURES
from aec.models.model_file import load_model
from aec.prediction.occlusion import Occlusion, compute_occlusion
from aec.prediction.predictor import predict

DROPS = np.array([[0.0, 0.0], [0.2, 0.001], [-0.08, 0.0]], dtype=np.float32)
FOUND = Occlusion(
    emotion="sad",
    probability=0.71,
    drops=DROPS,
    edges_s=np.array([0.5, 0.75, 1.0, 1.3]),
    edges_hz=np.array([0.0, 1387.0, 8000.0]),
    start_s=0.0,
    end_s=1.5,
    is_whole_clip=True,
    by_band=True,
)
CENTRES = np.geomspace(60, 7600, 64)
DECIBELS = np.full((64, 150), -30, dtype=np.int8)
USUAL = {
    "angry": {
        "f0_median_hz": Percentiles(180, 200, 220, 240, 260, 1_200),
        "pause_share": Percentiles(0, 0, 0, 0.05, 0.1, 1_200),
    },
    "sad": {"f0_median_hz": Percentiles(90, 100, 120, 140, 160, 900)},
}
VALUES = {**dict.fromkeys(MEASURES), "f0_median_hz": 212.4, "pause_share": 0.3, "level_dbfs": -23.04}


def spec_of(figure) -> str:
    return figure.to_json()


def test_the_parts_lie_where_they_are_in_time_and_frequency():
    figure = occlusion_chart(FOUND, DECIBELS, CENTRES)
    picture, changes, falls, rises = figure.data
    assert figure.layout.xaxis.title.text == "Time (s)"
    assert figure.layout.yaxis.title.text.startswith("Frequency (Hz")
    assert list(figure.layout.xaxis.range) == [0, 1.5]
    assert picture.z.shape == (64, 150)
    assert list(changes.x) == [0.5, 0.75, 1.0, 1.3]
    # From the lower end of the axis over the place of 1,387 Hz to the upper end.
    place = float(np.interp(1387, CENTRES, np.arange(64)))
    assert list(changes.y) == pytest.approx([-0.5, place, 63.5], abs=1e-3)
    assert changes.z.tolist() == [[0, pytest.approx(20), pytest.approx(-8)], [0, pytest.approx(0.1), 0]]
    assert changes.zmax == -changes.zmin == pytest.approx(20)
    # Told apart by their marks, not by colour alone.
    assert (falls.marker.symbol, rises.marker.symbol) == ("triangle-down", "triangle-up")
    assert (list(falls.x), list(rises.x)) == ([0.875], [1.15])
    assert falls.y[0] == rises.y[0] == pytest.approx((place - 0.5) / 2, abs=1e-3)
    assert falls.name == "Without it, sad falls"


def test_the_colour_bar_and_the_hover_text():
    figure = occlusion_chart(FOUND, DECIBELS, CENTRES)
    bar = figure.data[1].colorbar
    assert bar.title.text.replace("<br>", " ") == "Without this part the probability of sad falls by"
    assert list(bar.ticktext) == ["−20 points", "0", "20 points"]
    assert figure.data[1].customdata[0][1] == ("Without 0.75–1.00 s at 0–1,400 Hz<br>sad has 51.0% instead of 71.0%")


def test_a_clip_in_which_nothing_matters_does_not_glow():
    still = dataclasses.replace(FOUND, drops=DROPS / 100)
    figure = occlusion_chart(still, DECIBELS, CENTRES)
    assert np.abs(figure.data[1].z).max() < 0.2 * figure.data[1].zmax
    assert [trace.x for trace in figure.data[2:]] == [(None,), (None,)]
    assert occlusion_alt(still).startswith("No single part decides: without any one of them the probability of sad")


def test_the_finding_is_a_sentence():
    assert occlusion_alt(FOUND) == (
        "What mattered: without 0.75–1.00 s at 0–1,400 Hz the probability of sad, 71%, falls the most, by 20 points; "
        "without 1.00–1.30 s at 0–1,400 Hz it rises the most, by 8.0 points."
    )
    in_time = dataclasses.replace(FOUND, drops=-DROPS[:, :1], edges_hz=FOUND.edges_hz[[0, 2]], by_band=False)
    assert occlusion_alt(in_time) == (
        "What mattered: without 1.00–1.30 s the probability of sad, 71%, falls the most, by 8.0 points; "
        "without 0.75–1.00 s it rises the most, by 20 points."
    )


def test_a_row_per_measure_a_box_per_emotion_and_a_line_for_the_clip():
    figure = descriptor_chart(VALUES, USUAL)
    boxes = [trace for trace in figure.data if trace.type == "box"]
    assert [
        (box.y[0], box.lowerfence[0], box.q1[0], box.median[0], box.q3[0], box.upperfence[0]) for box in boxes[:2]
    ] == [("Angry", 180, 200, 220, 240, 260), ("Sad", 90, 100, 120, 140, 160)]
    assert [box.marker.color for box in boxes] == [EMOTION_COLOURS[word] for word in ("angry", "sad", "angry")]
    assert {box.xaxis for box in boxes} == {"x", "x2"}
    assert [line.x0 for line in figure.layout.shapes] == [212.4, 0.3]
    titles = [note.text for note in figure.layout.annotations]
    assert titles == ["<b>Median pitch</b>: 212 Hz in this clip", "<b>Pauses</b>: 30% in this clip"]
    assert figure.layout.xaxis.range[0] < 90
    assert figure.layout.xaxis.range[1] > 260
    # The clip's value lies in the figure even where no training clip has it.
    assert figure.layout.xaxis2.range[1] > 0.3
    assert "1,200 clips" in spec_of(figure)


def test_a_measure_without_a_value_has_no_line():
    figure = descriptor_chart({**VALUES, "f0_median_hz": None}, USUAL)
    assert [line.x0 for line in figure.layout.shapes] == [0.3]
    assert figure.layout.annotations[0].text == "<b>Median pitch</b>: not measurable"


def test_findings_name_the_emotions():
    assert finding("f0_median_hz", 212.4, USUAL) == (
        "Median pitch 212 Hz: in the middle half of angry clips; higher than nine in ten sad clips."
    )
    assert finding("f0_median_hz", 80, USUAL) == "Median pitch 80 Hz: lower than nine in ten angry and sad clips."
    assert finding("f0_median_hz", 95, USUAL) == "Median pitch 95 Hz: lower than nine in ten angry clips."
    both = {"angry": USUAL["angry"], "sad": USUAL["angry"]}
    assert (
        finding("f0_median_hz", 220, both) == "Median pitch 220 Hz: in the middle half of the clips of every emotion."
    )
    assert finding("pause_share", 0.08, USUAL) == "Pauses 8%: neither common nor rare for any emotion."
    assert finding("pause_share", None, USUAL) == "Pauses cannot be measured in this clip."
    assert descriptor_alt(VALUES, USUAL).count(".") == 2


def test_values_have_units():
    assert measure_text("level_dbfs", -23.04) == "−23.0 dBFS"
    assert measure_text("syllables_per_s", 4.25) == "4.2 syllables/s"
    assert measure_text("pause_share", None) == "not measurable"


@pytest.mark.parametrize(
    "figure", [lambda: occlusion_chart(FOUND, DECIBELS, CENTRES), lambda: descriptor_chart(VALUES, USUAL)]
)
def test_figures_let_the_page_shine_through_and_every_mark_has_a_hover_text(figure):
    made = figure()
    assert made.layout.paper_bgcolor == made.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert all(trace.hoverinfo == "skip" or trace.hovertemplate for trace in made.data)


def test_figures_need_no_streamlit_and_explaining_no_training_library():
    code = (
        "import aec.charts.why, aec.charts.voice, aec.prediction.occlusion, aec.features, sys; "
        "print([m for m in ('streamlit', 'librosa', 'numba', 'sklearn', 'torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def tab(model: str, clip: str, key: str, emotion: str | None) -> None:
    """Show the tab of a prediction, as the page does."""
    from pathlib import Path

    import numpy as np
    from msgspec.structs import replace

    from aec.audio import decode
    from aec.models.model_file import load_model
    from aec.prediction.predictor import predict
    from aec.ui.prediction.clip_inputs import ClipInput
    from aec.ui.prediction.clip_predictions import PredictedClip
    from aec.ui.prediction.why_tab import show_why

    ready = load_model(Path(model))
    # The clip may have been damaged since it was predicted.
    intact = Path(clip).with_suffix(".intact")
    sound = decode(intact if intact.exists() else Path(clip))
    prediction = predict(ready, sound)
    prediction = replace(prediction, emotion=emotion or prediction.emotion)
    wave = (np.zeros(1), np.zeros(1), np.zeros(1))
    show_why(ready, PredictedClip(key, ClipInput("a_b.wav", Path(clip).read_bytes()), sound.facts, prediction, wave))


def open_tab(model: Path, clip: Path, key: str = "first", emotion: str | None = None) -> AppTest:
    app = AppTest.from_function(tab, default_timeout=30, args=(str(model), str(clip), key, emotion)).run()
    assert not app.exception, app.exception
    return app


@pytest.fixture
def clip(tmp_path, wav):
    path = tmp_path / "clip.wav"
    path.write_bytes(wav(1.5))
    return path


def test_nothing_is_computed_before_the_button_is_pressed(small_model, clip, monkeypatch):
    monkeypatch.setattr("aec.prediction.occlusion.compute_occlusion", lambda *_: pytest.fail("computed"))
    app = open_tab(small_model, clip)
    assert [button.label for button in app.button] == ["Show what mattered"]
    assert "replaced by the clip's average" in texts(app)
    assert not charts(app)


def test_what_mattered_is_shown_with_its_table(small_model, clip):
    app = open_tab(small_model, clip)
    app.button[0].click().run()
    assert not app.exception
    from aec.audio import decode

    model, sound = load_model(small_model), decode(clip)
    expected = compute_occlusion(model, sound, predict(model, sound).emotion)
    (chart,) = charts(app)
    assert chart["alt"] == occlusion_alt(expected)
    assert [trace["type"] for trace in chart["data"]] == ["heatmap", "heatmap", "scatter", "scatter"]
    table = app.dataframe[0].value
    assert len(table) == expected.drops.size
    assert table["Falls by (points)"].is_monotonic_decreasing
    assert table["Falls by (points)"].iloc[0] == pytest.approx(100 * expected.drops.max(), abs=0.051)
    top = np.unravel_index(expected.drops.argmax(), expected.drops.shape)
    assert table["From (s)"].iloc[0] == pytest.approx(expected.edges_s[top[0]], abs=0.006)
    assert not app.button
    assert "smooth outline of the spectrum" in texts(app)


def test_the_explained_emotion_is_that_of_the_prediction(small_model, clip):
    # The explained excerpt of a long clip may have another emotion than the whole.
    app = open_tab(small_model, clip, emotion="angry")
    app.button[0].click().run()
    assert "the probability of angry" in charts(app)[0]["alt"]


def test_without_a_distribution_only_this_clip_is_described(small_model, clip):
    app = open_tab(small_model, clip)
    app.button[0].click().run()
    table = app.table[0].value
    assert table["Measure"].tolist() == [measure.title for measure in MEASURES.values()]
    pitch = table["This clip"].iloc[0]
    assert pitch.endswith(" Hz")
    assert 100 < int(pitch.split()[0]) < 180
    assert "Compared with the training data" not in table
    assert "no distribution of these measures" in texts(app)
    assert "prove nothing about the speaker" in texts(app)


def usual_json() -> dict:
    return {
        emotion: {name: msgspec.structs.asdict(spread) for name, spread in spreads.items()}
        for emotion, spreads in USUAL.items()
    }


def test_with_a_distribution_the_clip_is_compared_with_it(tmp_path, clip):
    model = save_small_model(tmp_path / "m.onnx", extra={"descriptors": usual_json()})
    app = open_tab(model, clip)
    app.button[0].click().run()
    assert not app.exception
    _, voice = charts(app)
    assert [trace["type"] for trace in voice["data"]].count("box") == 3
    assert voice["alt"].startswith("Median pitch ")
    beside = app.table[0].value["Compared with the training data"].tolist()
    assert "clips" in beside[0]
    assert beside[1] == ""
    rows = app.dataframe[1].value
    assert rows["Emotion"].tolist() == ["Angry", "Sad", "Angry"]
    assert rows["Clips"].tolist() == [1200, 900, 1200]
    assert rows["90%"].tolist() == [260, 160, 10]


@pytest.mark.parametrize("junk", [5, {"sad": {"f0_median_hz": {"p10": "<script>"}}}])
def test_junk_in_a_card_is_no_distribution(tmp_path, clip, junk):
    model = save_small_model(tmp_path / "m.onnx", extra={"descriptors": junk})
    app = open_tab(model, clip)
    app.button[0].click().run()
    assert not app.exception
    assert len(charts(app)) == 1
    assert "no distribution of these measures" in texts(app)


def test_it_is_remembered_for_this_prediction_only(small_model, clip, monkeypatch):
    app = open_tab(small_model, clip)
    app.button[0].click().run()
    monkeypatch.setattr("aec.prediction.occlusion.compute_occlusion", lambda *_, **__: pytest.fail("computed again"))
    app.run()
    assert not app.exception
    assert len(charts(app)) == 1
    other = open_tab(small_model, clip, key="second")
    assert other.button
    assert "explanations" not in other.session_state


def test_a_session_keeps_no_more_than_it_should(small_model, clip, monkeypatch):
    monkeypatch.setattr("aec.ui.prediction.why_tab._EXPLANATIONS.max_entries", 1)
    app = open_tab(small_model, clip)
    app.session_state["explanations"] = {("old", None): "x", ("older", None): "y"}
    app.button[0].click().run()
    assert not app.exception
    assert list(app.session_state["explanations"]) == [("first", None)]


def test_a_long_clip_can_be_explained_from_anywhere(small_model, tmp_path, wav):
    clip = tmp_path / "long.wav"
    clip.write_bytes(wav(9.0))
    app = open_tab(small_model, clip)
    (start,) = app.number_input
    assert start.label == "Explain 5.8 s from (s)"
    assert start.value is None
    start.set_value(2.0).run()
    app.button[0].click().run()
    assert not app.exception
    assert "Shown are 2.0 to 7.8 s" in texts(app)
    assert charts(app)[0]["layout"]["xaxis"]["range"] == pytest.approx([2.0, 7.8], abs=0.01)
    # The spectrogram is that of the excerpt: a column every 11.6 ms.
    assert app.session_state["explanations"]["first", 2.0].decibels.shape == (128, pytest.approx(501, abs=2))
    # Another excerpt is computed anew.
    app.number_input[0].set_value(1.0).run()
    assert app.button
    app.number_input[0].set_value(2.0).run()
    assert charts(app)


def test_a_failure_is_shown_and_can_be_tried_again(small_model, clip, wav):
    clip.with_suffix(".intact").write_bytes(wav(1.5))
    clip.write_bytes(b"")
    app = open_tab(small_model, clip)
    app.button[0].click().run()
    assert not app.exception
    (error,) = app.error
    assert error.proto.title == "This prediction cannot be explained"
    assert "empty" in error.value
    app.run()
    assert not app.error
    assert app.button


def test_models_of_other_rates_and_sizes_are_drawn(tmp_path, clip):
    for rate, n_fft, hop in ((4_000, 64, 16), (96_000, 16_384, 4_096)):
        spec = FeatureSpec("mfcc", rate, n_fft, hop, 128, 13, max_frames=None)
        model = save_small_model(tmp_path / f"{rate}.onnx", features=(spec,))
        app = open_tab(model, clip, key=hashlib.blake2b(str(rate).encode()).hexdigest())
        app.button[0].click().run()
        assert not app.exception
        (chart,) = charts(app)
        assert "null" not in json.dumps(chart["layout"]["yaxis"]["tickvals"])
