"""Prediction of any accepted sound: unsure ones, timelines of long ones, notes."""

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from aec.audio import Sound, decode
from aec.errors import AudioDecodeError
from aec.prediction.predictor import load_bundled_model, predict, predict_source
from aec.prediction.timeline import Windowing, predict_timeline, windowing_for


@pytest.fixture(scope="module")
def model():
    return load_bundled_model()


def sound_of(samples: np.ndarray, rate: int = 16_000) -> Sound:
    import io

    import soundfile

    buffer = io.BytesIO()
    # Ten minutes of floats would be over the accepted size.
    soundfile.write(buffer, samples, rate, format="WAV", subtype="FLOAT" if len(samples) < 10**6 else "PCM_16")
    return decode(buffer.getvalue(), measure=True)


def test_a_prediction_is_complete(model, demo_clips):
    answer = predict_source(model, demo_clips[0])
    ranked = sorted(answer.probabilities, key=answer.probabilities.get, reverse=True)
    assert tuple(answer.probabilities) == model.card.labels
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert (answer.emotion, answer.second) == (ranked[0], ranked[1])
    assert answer.confidence == answer.probabilities[answer.emotion]
    assert answer.unsure == (answer.confidence < model.card.unsure_below)
    assert answer.segments == ()
    assert "segments" not in msgspec.to_builtins(answer)


def test_the_headline_says_whether_it_is_sure(model, demo_clips):
    answer = predict_source(model, demo_clips[0])
    assert replace(answer, unsure=False, emotion="sad", confidence=0.71).headline == "Likely sad, 71%"
    assert replace(answer, unsure=True, emotion="sad", second="neutral").headline == "Unsure: sad or neutral"


def test_path_and_bytes_give_the_same(model, demo_clips):
    assert predict_source(model, demo_clips[1]) == predict_source(model, demo_clips[1].read_bytes())


def test_demo_voices_are_predicted_better_than_chance(model, demo_clips):
    right = [predict_source(model, path).emotion in path.name for path in demo_clips]
    assert np.mean(right) > 0.5


def test_loudness_hardly_matters(model, demo_clips):
    sound = decode(demo_clips[2])
    rate = sound.sampling_rate
    loud, quiet = (predict(model, sound_of(sound.waveform * gain, rate)) for gain in (1, 0.03))
    assert loud.emotion == quiet.emotion
    assert loud.confidence == pytest.approx(quiet.confidence, abs=0.05)


def test_a_long_clip_has_a_timeline_that_covers_it(model, make_sound):
    answer = predict(model, sound_of(make_sound(11.3)))
    assert answer.segments[0].start_s == 0
    assert answer.segments[-1].end_s == pytest.approx(11.3, abs=0.01)
    for before, after in zip(answer.segments, answer.segments[1:], strict=False):
        assert before.start_s < after.start_s <= before.end_s
    assert {note.kind for note in answer.notes} >= {"windowed"}
    mean = {label: np.mean([s.probabilities[label] for s in answer.segments]) for label in model.card.labels}
    assert answer.probabilities == pytest.approx(mean, abs=1e-5)


def test_pauses_do_not_weigh_in_a_long_clip(model, make_sound):
    answer = predict(model, sound_of(np.concatenate([make_sound(6), np.zeros((16_000 * 30, 1))])))
    speech = [segment for segment in answer.segments if segment.start_s < 6]
    assert len(speech) < len(answer.segments)
    mean = {label: np.mean([s.probabilities[label] for s in speech]) for label in model.card.labels}
    assert answer.probabilities == pytest.approx(mean, abs=1e-5)
    assert "mostly_silence" in {note.kind for note in answer.notes}


def test_clips_around_the_longest_input(model, make_sound):
    spec = model.card.features[0]
    view = spec.max_frames * spec.hop_s
    for seconds in np.arange(min(view, 4.0) - 0.3, max(view, 4.0) + 0.3, 0.1):
        answer = predict(model, sound_of(make_sound(seconds)))
        assert bool(answer.segments) == (answer.duration_s > min(view, 4.0))


def test_a_clip_at_the_shortest_accepted_length(model, make_sound):
    answer = predict(model, sound_of(make_sound(0.1)))
    assert "too_short" in {note.kind for note in answer.notes}


def test_an_error_names_the_clip(model):
    with pytest.raises(AudioDecodeError, match=r"song\.wav is empty"):
        predict_source(model, b"", name="song.wav")


def test_other_windows_change_the_timeline_alone(model, make_sound):
    view = model.card.features[0].max_frames * model.card.features[0].hop_s
    for seconds in (4.02, 11.3):
        sound = sound_of(make_sound(seconds))
        usual, other = predict(model, sound), predict(model, sound, Windowing(1.0, 0.5))
        assert (seconds <= view) == ("windowed" not in {note.kind for note in usual.notes})
        assert len(other.segments) > len(usual.segments)
        assert replace(other, segments=()) == replace(usual, segments=())
        assert other.segments == predict_timeline(model, sound, Windowing(1.0, 0.5))
        assert usual.segments == predict_timeline(model, sound, windowing_for(model.card.features[0]))


def kinds(model, samples, rate=16_000) -> set[str]:
    return {note.kind for note in predict(model, sound_of(samples, rate)).notes}


def test_quality_notes_name_what_is_wrong(model, make_sound):
    clean = make_sound(2, 44_100) + np.random.default_rng(0).normal(0, 0.01, (88_200, 1))
    assert kinds(model, clean, 44_100) <= {"levelled", "resampled"}
    clipped = np.clip(clean * 40, -1, 1)
    assert "clipped" in kinds(model, clipped, 44_100)
    assert "very_quiet" in kinds(model, clean * 0.001, 44_100)
    assert "mostly_silence" in kinds(model, np.concatenate([clean, np.zeros((200_000, 1))]), 44_100)
    assert "downmixed" in kinds(model, np.hstack([clean, clean]), 44_100)
    assert "resampled" in kinds(model, make_sound(2, 48_000), 48_000)
    assert "band_limited" in kinds(model, make_sound(2, 8_000), 8_000)
    spectrum = np.fft.rfft(clean[:, 0])
    spectrum[len(spectrum) * 3400 // 22_050 :] = 0
    assert "band_limited" in kinds(model, np.fft.irfft(spectrum)[:, None], 44_100)
