"""Occlusion, on models whose probabilities depend on one known region."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import numpy_helper, parser

from aec.audio import Sound, SoundFacts, decode
from aec.errors import FeatureError, ModelFileError
from aec.features import FeatureSpec, extract
from aec.features.fused import cosines, mel_points
from aec.models.card import ModelCard
from aec.models.model_file import load_model, save_model
from aec.prediction.occlusion import MAX_EXCERPT_S, MAX_PREDICTIONS, MAX_TOTAL_S, compute_occlusion, max_excerpt_s
from aec.prediction.predictor import load_bundled_model, predict

LABELS = ("sad", "angry", "neutral")
RATE = 16_000
LOGMEL = FeatureSpec("logmel", RATE, 512, 160, 64, max_frames=300)
MFCC = FeatureSpec("mfcc", RATE, 512, 160, 64, 20, max_frames=300)
# What the models look at, in frames and mel bands; 1.0 to 1.3 s at 660 to 1,350 Hz.
FRAMES, BANDS = (100, 130), (16, 26)


def sound_of(samples: np.ndarray, rate: int = RATE) -> Sound:
    samples = np.asarray(samples, dtype=np.float32)
    return Sound(samples, SoundFacts(rate, 1, samples.size / rate, "WAV", "FLOAT", "test"))


def model_of_a_region(path, spec: FeatureSpec, gain: float = 0.1, **changes: Any):
    """Save a model: the louder its region, the more `sad`, the quieter, the more `angry`."""
    first, last = BANDS
    of_bands = np.eye(spec.n_mels) if spec.kind == "logmel" else cosines(spec.n_mels, spec.n_mfcc)
    looks = of_bands[first:last].mean(axis=0)
    # Halfway between the region with the tone and without.
    middle = np.mean(
        [extract(sound_of(x), spec)[slice(*FRAMES)].mean(axis=0) @ looks for x in (burst(), burst(at=(9, 9)))]
    )
    weights = np.outer(looks, [gain, -gain, 0]).astype(np.float32)
    arrays = {
        "start": np.array([FRAMES[0]], dtype=np.int64),
        "end": np.array([FRAMES[1]], dtype=np.int64),
        "axis": np.array([1], dtype=np.int64),
        "weights": weights,
        "offsets": np.array([-gain * middle, gain * middle, -1], dtype=np.float32),
    }
    body = """
        region = Slice(features, start, end, axis)
        mean = ReduceMean <keepdims = 0> (region, axis)
        logits = Gemm(mean, weights, offsets)
        probabilities = Softmax <axis = -1> (logits)
    """
    inputs = f"(float[batch, time, {spec.coefficients}] features, int64[batch] lengths)"
    outputs = f"(float[batch, {len(LABELS)}] probabilities)"
    graph = parser.parse_model(f'<ir_version: 9, opset_import: ["": 18]> g {inputs} => {outputs} {{ {body} }}')
    assert isinstance(graph, onnx.ModelProto)
    graph.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    save_model(path, graph, ModelCard(name="looker", family="cnn", labels=LABELS, features=(spec,), **changes))
    return load_model(path)


def burst(seconds: float = 2.0, at: tuple[float, float] = (1.0, 1.3), hz: float = 950.0) -> np.ndarray:
    """Soft noise with a tone in one place, well within the region."""
    t = np.arange(round(seconds * RATE)) / RATE
    noise = 0.003 * np.random.default_rng(0).standard_normal(t.size)
    return noise + 0.1 * np.sin(2 * np.pi * hz * t) * ((t >= at[0]) & (t < at[1]))


def overlaps_region(found) -> np.ndarray:
    """Return the mask of the patches that overlap the region [shape as drops]."""
    points = mel_points(RATE, 64)
    low, high = points[BANDS[0]], points[BANDS[1] + 1]
    in_time = (found.edges_s[1:] > FRAMES[0] / 100 - 0.006) & (found.edges_s[:-1] < FRAMES[1] / 100 + 0.006)
    in_band = (found.edges_hz[1:] > low) & (found.edges_hz[:-1] < high)
    return in_time[:, None] & in_band


def test_it_finds_the_region_in_mel_bands(tmp_path):
    found = compute_occlusion(model_of_a_region(tmp_path / "m.onnx", LOGMEL), sound_of(burst()))
    inside = overlaps_region(found)
    assert found.emotion == "sad"
    assert found.is_whole_clip
    assert found.by_band
    assert 0 < inside.sum() <= 6 < found.drops.size
    assert inside[np.unravel_index(found.drops.argmax(), found.drops.shape)]
    assert found.drops.max() > 0.1
    assert np.abs(found.drops[~inside]).max() < 1e-5


def test_a_patch_is_replaced_by_its_bands_mean_over_time(tmp_path):
    model = model_of_a_region(tmp_path / "m.onnx", LOGMEL)
    sound = sound_of(burst(seconds=1.7))
    found = compute_occlusion(model, sound)
    matrix = extract(sound, LOGMEL)
    peaks_hz = mel_points(RATE, LOGMEL.n_mels)[1:-1]
    # A frame is the middle of its time, a band the peak of its filter.
    frames_s = np.arange(len(matrix)) * LOGMEL.hop_s
    for (time, band), fall in np.ndenumerate(found.drops):
        rows = (frames_s > found.edges_s[time] - 1e-6) & (frames_s < found.edges_s[time + 1] + 1e-6)
        columns = (peaks_hz >= found.edges_hz[band]) & (peaks_hz < found.edges_hz[band + 1])
        without = matrix.copy()
        without[np.ix_(rows, columns)] = matrix.mean(axis=0)[columns]
        answer = model.predict(without[None], np.array([len(matrix)], dtype=np.int64))[0, 0]
        assert fall == pytest.approx(found.probability - answer, abs=1e-5)


def test_it_finds_the_region_through_mfccs(tmp_path):
    found = compute_occlusion(model_of_a_region(tmp_path / "m.onnx", MFCC), sound_of(burst()))
    inside = overlaps_region(found)
    assert found.by_band
    assert inside[np.unravel_index(found.drops.argmax(), found.drops.shape)]
    assert found.drops.max() > 0.05
    in_time = inside.any(axis=1)
    assert np.abs(found.drops[~in_time]).max() < 1e-5
    # Twenty coefficients cannot keep one band wholly apart from the next.
    outside = np.abs(found.drops[in_time][:, ~inside.any(axis=0)]).max()
    assert outside < 0.5 * found.drops.max()


def test_it_finds_the_time_where_coefficients_are_too_few_for_bands(tmp_path):
    spec = msgspec.structs.replace(MFCC, n_mfcc=3)
    found = compute_occlusion(model_of_a_region(tmp_path / "m.onnx", spec, gain=1.0), sound_of(burst()), "sad")
    assert not found.by_band
    assert found.edges_hz.tolist() == pytest.approx([0, RATE / 2])
    assert found.drops.shape == (len(found.edges_s) - 1, 1)
    patch = int(np.abs(found.drops[:, 0]).argmax())
    assert abs(found.drops[patch, 0]) > 0.01
    assert found.edges_s[patch] < 1.3
    assert found.edges_s[patch + 1] > 1.0


def test_what_speaks_for_one_emotion_speaks_against_the_other(tmp_path):
    model = model_of_a_region(tmp_path / "m.onnx", LOGMEL)
    sad, angry = (compute_occlusion(model, sound_of(burst()), emotion) for emotion in ("sad", "angry"))
    assert sad.drops.argmax() == angry.drops.argmin()
    assert angry.drops.min() < -0.01
    assert (sad.emotion, angry.emotion) == ("sad", "angry")


def test_a_burst_elsewhere_moves_nothing_but_its_own_average(tmp_path):
    model = model_of_a_region(tmp_path / "m.onnx", LOGMEL)
    found = compute_occlusion(model, sound_of(burst(at=(0.2, 0.5))), "sad")
    # The region is quieter than the clip's average now: without it, the clip is called sad all the more.
    assert found.drops.min() < -0.01
    assert found.drops.max() < 0.01
    assert overlaps_region(found)[np.unravel_index(found.drops.argmin(), found.drops.shape)]


def test_what_is_the_same_throughout_does_not_show(tmp_path):
    hum = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)
    found = compute_occlusion(model_of_a_region(tmp_path / "m.onnx", LOGMEL), sound_of(hum))
    assert np.abs(found.drops).max() < 0.01


@pytest.mark.parametrize("number", range(3))
def test_the_explained_probability_is_that_of_the_prediction(demo_clips, number):
    model = load_bundled_model()
    sound = decode(demo_clips[number])
    given_answer = predict(model, sound)
    found = compute_occlusion(model, sound)
    assert found.emotion == given_answer.emotion
    assert found.probability == pytest.approx(given_answer.confidence, abs=1e-6)
    assert compute_occlusion(model, sound).drops.tolist() == found.drops.tolist()


def test_edges_are_those_of_the_clip_though_its_silence_was_cut(tmp_path):
    model = model_of_a_region(tmp_path / "m.onnx", msgspec.structs.replace(LOGMEL, trim_db=30.0))
    quiet = np.zeros(RATE // 2)
    found = compute_occlusion(model, sound_of(np.concatenate([quiet, burst(at=(0, 2.0)), quiet])))
    assert found.edges_s[0] == pytest.approx(0.5, abs=0.1)
    assert found.edges_s[-1] == pytest.approx(2.5, abs=0.1)
    assert (found.start_s, found.end_s) == (0, 3)


def test_a_long_clip_is_explained_where_it_is_loudest_or_where_one_asks(tmp_path):
    model = model_of_a_region(tmp_path / "m.onnx", LOGMEL)
    assert max_excerpt_s(LOGMEL) == 3
    # In the excerpt from 6 s on the tone lies where the model looks.
    long = sound_of(np.concatenate([burst(6, at=(9, 9)), burst(3), burst(3, at=(9, 9))]))
    found = compute_occlusion(model, long, "sad")
    assert not found.is_whole_clip
    assert found.end_s - found.start_s == pytest.approx(3)
    assert found.start_s < 7.0 < 7.3 < found.end_s
    asked = compute_occlusion(model, long, "sad", start_s=6.0)
    assert (asked.start_s, asked.end_s) == (6, 9)
    assert overlaps_region(dataclasses.replace(asked, edges_s=asked.edges_s - 6)).flat[asked.drops.argmax()]
    assert compute_occlusion(model, long, start_s=100.0).end_s == pytest.approx(12)
    assert compute_occlusion(model, long, start_s=-1.0).start_s == 0
    # As if the excerpt were a clip of its own.
    alone = compute_occlusion(model, sound_of(burst(3)), "sad")
    assert alone.probability == pytest.approx(asked.probability, abs=0.01)


def test_an_unknown_emotion_is_refused(tmp_path):
    with pytest.raises(FeatureError, match="does not know 'bored'"):
        compute_occlusion(model_of_a_region(tmp_path / "m.onnx", LOGMEL), sound_of(burst()), "bored")


def test_errors_of_the_model_are_raised():
    model = Counting(LOGMEL)
    model.predict = lambda *_: (_ for _ in ()).throw(ModelFileError("too short", kind="length"))
    with pytest.raises(ModelFileError, match="too short"):
        compute_occlusion(model, sound_of(burst()))


class Counting:
    """Stands in for a model, and writes down what it is asked."""

    def __init__(self, spec: FeatureSpec) -> None:
        self.card = SimpleNamespace(features=(spec,), labels=LABELS)
        self.batches: list[tuple[int, ...]] = []

    def predict(self, features: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        assert features.dtype == np.float32
        assert set(lengths.tolist()) <= set(range(features.shape[1] - 31, features.shape[1] + 1))
        assert len(set(lengths.tolist())) == 1
        # As heard: a little padding does not count.
        self.batches.append((len(features), int(lengths[0]), features.shape[2]))
        return np.tile(np.array([0.5, 0.3, 0.2], dtype=np.float32), (len(features), 1))


SPECS = st.builds(
    FeatureSpec,
    kind=st.sampled_from(["mfcc", "logmel"]),
    sampling_rate=st.sampled_from([4_000, 16_000, 44_100]),
    n_fft=st.sampled_from([256, 1024]),
    hop_length=st.sampled_from([16, 100, 256]),
    n_mels=st.sampled_from([4, 13, 64, 512]),
    n_mfcc=st.integers(1, 4),
    max_frames=st.sampled_from([None, 1, 7, 500]),
    trim_db=st.sampled_from([None, 40.0]),
)


@settings(max_examples=40, deadline=None)
@given(SPECS, st.floats(0.1, 30), st.sampled_from([8_000, 11_035]))
def test_the_work_is_bounded_and_the_grid_whole(spec, seconds, rate):
    model = Counting(spec)
    sound = sound_of(0.1 * np.random.default_rng(0).standard_normal(max(round(seconds * rate), 800)), rate)
    found = compute_occlusion(model, sound)
    asked = sum(shape[0] for shape in model.batches)
    assert asked == found.drops.size + 1 <= MAX_PREDICTIONS
    assert all(np.prod(shape) <= 400_000 or shape[0] == 1 for shape in model.batches)
    assert max(shape[0] for shape in model.batches) <= 32
    bands = len(found.edges_hz) - 1
    heard_s = asked * model.batches[0][1] * spec.hop_s
    assert heard_s <= MAX_TOTAL_S + MAX_EXCERPT_S or found.drops.shape[0] == 1
    assert found.drops.shape == (len(found.edges_s) - 1, bands)
    assert (np.diff(found.edges_s) >= 0).all()
    assert (np.diff(found.edges_hz) > 0).all()
    assert 0 <= found.start_s <= found.edges_s[0]
    assert found.edges_s[-1] <= found.end_s + 1e-9
    assert found.end_s <= sound.facts.duration_s + 1e-9
    assert (found.edges_hz[0], found.edges_hz[-1]) == pytest.approx((0, spec.sampling_rate / 2))
    assert not found.drops.any()
