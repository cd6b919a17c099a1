"""Timeline: windows cover the sound, smoothing keeps the mean, spans tile it."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aec.audio import Sound, SoundFacts
from aec.errors import UsageError
from aec.features import FeatureSpec, extract
from aec.prediction.predictor import load_bundled_model
from aec.prediction.timeline import (
    EmotionSpan,
    Segment,
    Windowing,
    emotion_spans,
    max_input_s,
    mean_probabilities,
    predict_features,
    predict_timeline,
    smooth_probabilities,
    window_bounds,
    window_limits,
    windowing_for,
)

ROOT = Path(__file__).parents[2]
SPEC = FeatureSpec()
UNLIMITED = FeatureSpec(max_frames=None)
SHORT_VIEW = FeatureSpec(max_frames=50)


@pytest.fixture(scope="module")
def model():
    return load_bundled_model()


def sound_of(samples: np.ndarray, rate: int = 16_000) -> Sound:
    mono = np.ascontiguousarray(samples.reshape(len(samples), -1)[:, 0], dtype=np.float32)
    return Sound(mono, SoundFacts(rate, 1, mono.size / rate, "WAV", "PCM_16", "wave"))


def segment(start_s: float, end_s: float, **shares: float) -> Segment:
    """A window; a pause where the shares are of nothing."""
    best = max(shares, key=shares.__getitem__) if max(shares.values()) > 0 else None
    return Segment(start_s, end_s, best, shares[best] if best else None, shares)


def test_windows_are_three_seconds_unless_the_input_is_shorter():
    assert windowing_for(SPEC) == windowing_for(UNLIMITED) == Windowing(3.0, 1.5)
    assert windowing_for(FeatureSpec(max_frames=200)).window_s == max_input_s(FeatureSpec(max_frames=200)) < 3
    assert windowing_for(SHORT_VIEW).hop_s == windowing_for(SHORT_VIEW).window_s / 2
    assert windowing_for(FeatureSpec(max_frames=1)).window_s == max_input_s(FeatureSpec(max_frames=1))
    assert windowing_for(SPEC, 5.0) == Windowing(5.0, 2.5)
    assert windowing_for(SPEC, hop_s=0.25) == Windowing(3.0, 0.25)
    assert windowing_for(SPEC, 1.0, 1.0) == Windowing(1.0, 1.0)
    assert windowing_for(UNLIMITED, 10.0, 10.0) == Windowing(10.0, 10.0)
    assert window_limits(UNLIMITED) == (1.0, 10.0)
    assert window_limits(SPEC) == (1.0, max_input_s(SPEC))
    assert window_limits(SHORT_VIEW) == (max_input_s(SHORT_VIEW), max_input_s(SHORT_VIEW))


NOT = float("nan")


@pytest.mark.parametrize(
    ("spec", "window_s", "hop_s", "message"),
    [
        (
            SPEC,
            0.99,
            None,
            r"is 0.99 s long; 1 to 5.8 s are expected, since the model takes 5.8 s at once",
        ),
        (SPEC, 5.9, None, r"the window is 5.9 s long; 1 to 5.8 s"),
        (UNLIMITED, 10.1, None, r"the window is 10.1 s long; 1 to 10 s are expected\. Choose another window"),
        (UNLIMITED, NOT, None, r"the window is nan s long"),
        (UNLIMITED, float("inf"), None, r"the window is inf s long"),
        (UNLIMITED, -3.0, None, r"the window is -3 s long"),
        (SPEC, None, 0.2, r"the hop between windows is 0.2 s; 0.25 s to the window's length \(3 s\) are expected"),
        (SPEC, None, 3.01, r"the hop between windows is 3.01 s"),
        (SPEC, 2.0, 2.5, r"the window's length \(2 s\)"),
        (SPEC, 2.0, NOT, r"the hop between windows is nan s"),
        (SPEC, 2.0, 0.0, r"the hop between windows is 0 s"),
    ],
)
def test_windows_that_make_no_sense_are_refused(spec, window_s, hop_s, message):
    with pytest.raises(UsageError, match=message):
        windowing_for(spec, window_s, hop_s)


@given(st.floats(0.1, 900.0), st.floats(1.0, 10.0), st.floats(0.025, 1.0))
@example(3.0, 3.0, 0.5)
@example(3.0000001, 3.0, 1.0)
@example(6.05, 3.0, 1.0)
@example(600.0, 3.0, 0.5)
@example(0.1, 10.0, 1.0)
def test_windows_cover_the_sound_from_end_to_end(duration_s, window_s, share):
    hop_s = max(0.25, share * window_s)
    windows = window_bounds(duration_s, Windowing(window_s, hop_s))
    assert windows[0][0] == 0
    assert windows[-1][1] == duration_s
    assert all(end - start == pytest.approx(min(window_s, duration_s)) for start, end in windows)
    for (start, end), (following, _) in pairwise(windows):
        assert start < following <= end + 1e-5
        assert following - start <= hop_s + 0.1 + 1e-6
    assert len(windows) <= 2 + duration_s / hop_s


def test_a_last_window_close_to_the_one_before_replaces_it():
    assert [start for start, _ in window_bounds(6.05, Windowing(3.0, 1.5))] == pytest.approx([0, 1.5, 3.05])
    assert [start for start, _ in window_bounds(6.2, Windowing(3.0, 1.5))] == pytest.approx([0, 1.5, 3, 3.2])
    # Without the one before there would be a gap.
    assert [start for start, _ in window_bounds(9.05, Windowing(3.0, 3.0))] == pytest.approx([0, 3, 6, 6.05])
    assert len(window_bounds(600.0, Windowing(3.0, 1.5))) == 399


shares = arrays(np.float32, st.tuples(st.integers(1, 12), st.just(4)), elements=st.floats(0.015625, 1, width=32))


@given(shares, st.data())
def test_smoothing_keeps_sums_means_and_pauses(raw, data):
    raw = raw / raw.sum(axis=1, keepdims=True)
    audible = np.array(data.draw(st.lists(st.booleans(), min_size=len(raw), max_size=len(raw))))
    result = smooth_probabilities(raw, audible)
    assert np.allclose(result.sum(axis=1), 1, atol=1e-5)
    assert np.allclose(result[~audible], raw[~audible], atol=1e-7)
    assert np.all(result >= 0)
    if audible.any():
        assert np.allclose(result[audible].mean(axis=0), raw[audible].mean(axis=0), atol=1e-6)
        # Never further apart than they were.
        assert np.all(np.ptp(result[audible], axis=0) <= np.ptp(raw[audible], axis=0) + 1e-6)


def test_smoothing_takes_a_quarter_of_each_neighbour():
    raw = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    heard = np.array([True, True, True, True, True])
    assert smooth_probabilities(raw, heard)[:, 0].tolist() == [0.25, 0.5, 0.5, 0.5, 0.25]
    heard[2] = False
    assert smooth_probabilities(raw, heard)[:, 0].tolist() == [0.25, 0.75, 0.0, 0.75, 0.25]
    assert raw[:, 0].tolist() == [0, 1, 0, 1, 0]
    assert smooth_probabilities(raw[:1], heard[:1]).tolist() == raw[:1].tolist()


def test_neighbours_with_the_same_emotion_become_a_span():
    segments = [
        segment(0.0, 3.0, sad=0.6, angry=0.4),
        segment(1.5, 4.5, sad=0.8, angry=0.2),
        segment(3.0, 6.0, sad=0.45, angry=0.55),
        segment(4.5, 7.5, sad=0.0, angry=0.0),
        segment(6.0, 9.0, sad=0.0, angry=0.0),
        segment(7.0, 10.0, sad=0.9, angry=0.1),
    ]
    found = emotion_spans(segments, unsure_below=0.6)
    assert found == (
        EmotionSpan(0.0, 3.75, "sad", pytest.approx(0.7), False),
        EmotionSpan(3.75, 5.25, "angry", 0.55, True),
        EmotionSpan(5.25, 8.0, None, None, False),
        EmotionSpan(8.0, 10.0, "sad", 0.9, False),
    )
    assert [span.title for span in found] == ["sad", "angry, unsure", "pause", "sad"]
    assert emotion_spans([], 0.5) == ()


@given(st.lists(st.sampled_from(["sad", "angry", "pause"]), min_size=1, max_size=30), st.floats(0.25, 3.0))
def test_spans_tile_the_sound_and_no_two_neighbours_are_alike(words, hop_s):
    segments = [
        segment(hop_s * at, hop_s * at + 3, sad=0.7 * (word == "sad"), angry=0.7 * (word == "angry"))
        for at, word in enumerate(words)
    ]
    found = emotion_spans(segments, 0.5)
    assert (found[0].start_s, found[-1].end_s) == (segments[0].start_s, segments[-1].end_s)
    for before, after in pairwise(found):
        assert before.end_s == after.start_s
        assert before.emotion != after.emotion
    for span in found:
        assert span.start_s < span.end_s
    # The middle of every window lies in a span of its own emotion.
    for each in segments:
        middle = (each.start_s + each.end_s) / 2
        (holder,) = [span for span in found if span.start_s <= middle < span.end_s]
        assert holder.emotion == each.emotion


@pytest.mark.parametrize("windowing", [Windowing(3.0, 1.5), Windowing(1.0, 0.25), Windowing(4.0, 4.0)])
def test_a_timeline_covers_the_sound_with_probabilities(model, make_sound, windowing):
    sound = sound_of(make_sound(14.2))
    found = predict_timeline(model, sound, windowing)
    assert [(each.start_s, each.end_s) for each in found] == [
        pytest.approx(window, abs=1e-3) for window in window_bounds(14.2, windowing)
    ]
    for each in found:
        assert tuple(each.probabilities) == model.card.labels
        assert sum(each.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert each.confidence == max(each.probabilities.values()) == each.probabilities[each.emotion]
        assert not each.pause
    spans = emotion_spans(found, model.card.unsure_below)
    assert (spans[0].start_s, spans[-1].end_s) == (0, 14.2)
    for span in spans:
        assert span.unsure == (span.confidence < model.card.unsure_below)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_window_is_judged_as_a_clip_of_its_own(model, make_sound, rate):
    windowing = windowing_for(model.card.features[0])
    sound = sound_of(make_sound(20, rate), rate)
    windows = window_bounds(20.0, windowing)
    alone = [
        extract(sound_of(sound.waveform[int(start * rate) : int(end * rate)], rate), model.card.features[0])
        for start, end in windows
    ]
    wanted = smooth_probabilities(predict_features(model, alone), np.ones(len(windows), dtype=bool))
    found = [list(each.probabilities.values()) for each in predict_timeline(model, sound, windowing)]
    # Resampled together, they do not begin and end with the resampler's ringing.
    own = model.card.features[0].sampling_rate
    assert np.abs(np.array(found) - wanted).max() < (1e-4 if rate == own else 0.03)


def test_the_batches_do_not_matter(model, make_sound, monkeypatch):
    sound, windowing = sound_of(make_sound(20, 22_050), 22_050), Windowing(2.0, 0.5)
    together = mean_probabilities(predict_timeline(model, sound, windowing))
    monkeypatch.setattr("aec.prediction.timeline._BATCH_S", 0.1)
    assert mean_probabilities(predict_timeline(model, sound, windowing)) == pytest.approx(together, abs=1e-3)


def test_windows_are_predicted_in_batches_with_progress(model, make_sound, monkeypatch):
    sizes, told = [], []
    monkeypatch.setattr(
        "aec.prediction.timeline.predict_features",
        lambda _model, matrices: sizes.append(len(matrices)) or predict_features(model, matrices),
    )
    sound = sound_of(make_sound(60))
    predict_timeline(model, sound, Windowing(3.0, 1.0), lambda done, of: told.append((done, of)))
    assert sizes == [32, 26]
    assert told == [(32, 58), (58, 58)]


def test_pauses_are_marked_and_claim_nothing(model, make_sound):
    voice, quiet = make_sound(6), make_sound(8, seed=3) * 10 ** (-50 / 20)
    sound = sound_of(np.concatenate([voice, quiet, voice]))
    found = predict_timeline(model, sound, Windowing(2.0, 1.0))
    pauses = [each for each in found if each.pause]
    assert [(each.start_s, each.end_s) for each in pauses] == [(at, at + 2) for at in range(6, 13)]
    for each in pauses:
        assert each.emotion is each.confidence is None
        assert each.emotion is None
        assert sum(each.probabilities.values()) == pytest.approx(1, abs=1e-4)
    (pause,) = [each for each in emotion_spans(found, 0.5) if each.emotion is None]
    assert (pause.start_s, pause.end_s, pause.unsure) == (6.5, 13.5, False)
    # What is heard in the quiet does not move the windows beside it, nor the mean.
    silent = predict_timeline(model, sound_of(np.concatenate([voice, 0 * quiet, voice])), Windowing(2.0, 1.0))
    for each, other in zip(found, silent, strict=True):
        if each.end_s <= 6 or each.start_s >= 14:
            # The windows beside those that hear some of it take a quarter of them.
            beside = each.end_s > 5 and each.start_s < 15
            assert each.probabilities == pytest.approx(other.probabilities, abs=0.04 if beside else 1e-3)
    heard = [list(each.probabilities.values()) for each in found if not each.pause]
    assert mean_probabilities(found).tolist() == pytest.approx(np.mean(heard, axis=0).tolist())


@settings(max_examples=20, deadline=None)
@given(st.floats(4.2, 12.0), st.sampled_from([8_000, 22_050, 44_100]), st.floats(1.0, 4.0), st.floats(0.25, 1.0))
def test_any_windows_over_any_sound_give_probabilities(model, duration_s, rate, window_s, share):
    rng = np.random.default_rng(round(1000 * duration_s))
    sound = sound_of(rng.normal(0, 0.1, round(duration_s * rate)), rate)
    windowing = windowing_for(model.card.features[0], window_s, max(0.25, share * window_s))
    found = predict_timeline(model, sound, windowing)
    assert found[0].start_s == 0
    assert found[-1].end_s == pytest.approx(duration_s, abs=1e-3)
    assert all(sum(each.probabilities.values()) == pytest.approx(1, abs=1e-4) for each in found)


# What ten minutes may take beside their own waveform; a second copy of it would be 115 MB.
EXTRA_MB = 100


def test_ten_minutes_take_little_memory():
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("the system does not tell the peak of a process's memory")
    code = f"""
import json
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, {str(ROOT / "tests")!r})
sys.path.insert(0, {str(Path(__file__).parent)!r})
from sounds import speechlike
from aec.prediction.predictor import load_bundled_model, predict
from test_timeline import sound_of

def memory_mb(field):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6

model = load_bundled_model()
short = speechlike(10, 48_000)[:, 0].astype(np.float32)
predict(model, sound_of(short, 48_000))
sound = sound_of(np.tile(short, 60), 48_000)
Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
before = memory_mb("VmRSS")
answer = predict(model, sound)
print(json.dumps([memory_mb("VmHWM") - before, len(answer.segments), sum(answer.probabilities.values())]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    extra_mb, windows, total = json.loads(done.stdout)
    assert extra_mb < EXTRA_MB
    assert windows == 399
    assert total == pytest.approx(1, abs=1e-4)
