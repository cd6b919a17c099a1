"""Our engine against librosa, over every FeatureSpec, on real and on extreme sounds."""

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from aec.audio import decode
from aec.errors import FeatureError
from aec.features import (
    DEFAULT_SPECS,
    FeatureSpec,
    condition,
    extract,
    fit_frames,
    from_waveform,
    prepare,
    speech_bounds,
)
from aec.features import librosa_reference as reference
from aec.system.structs import from_builtins, from_json, to_json

TOLERANCE = 0.003

specs = st.builds(
    FeatureSpec,
    kind=st.sampled_from(["mfcc", "logmel"]),
    sampling_rate=st.sampled_from([8_000, 16_000, 22_050, 44_100]),
    n_fft=st.sampled_from([256, 400, 512, 1024, 2048]),
    hop_length=st.sampled_from([80, 160, 256]),
    n_mels=st.sampled_from([20, 40, 64]),
    n_mfcc=st.sampled_from([1, 13, 20]),
    level_db=st.sampled_from([None, -26.0]),
    trim_db=st.sampled_from([None, 30.0]),
)
shapes = st.sampled_from(["noise", "tone", "silent", "click", "loud", "quiet", "steps"])


def waveform_of(shape: str, size: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(size)
    made = {
        "noise": rng.standard_normal(size) * 0.1,
        "tone": np.sin(t * 0.05) * 0.5,
        "silent": np.zeros(size),
        "click": np.where(t == size // 2, 1.0, 0.0),
        "loud": rng.standard_normal(size) * 1000,
        "quiet": rng.standard_normal(size) * 1e-5,
        "steps": np.sign(np.sin(t * 0.01)) * (t > size // 3),
    }
    return made[shape].astype(np.float32)


# librosa warns when a filter lies between two bins; both give an empty filter then.
@pytest.mark.filterwarnings("ignore:Empty filters detected")
@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
@settings(max_examples=120, deadline=None)
@given(specs, shapes, st.integers(200, 20_000), st.integers(0, 99))
def test_every_spec_equals_librosa_on_extreme_signals(spec, shape, size, seed):
    waveform = condition(waveform_of(shape, size, seed), spec)
    ours = from_waveform(waveform, spec)
    theirs = reference.from_waveform(waveform, spec)
    assert ours.shape == theirs.shape == (1 + waveform.size // spec.hop_length, spec.coefficients)
    assert ours.dtype == np.float32
    assert np.isfinite(ours).all()
    assert np.abs(ours - theirs).max() <= TOLERANCE


@pytest.mark.parametrize("name", list(DEFAULT_SPECS))
def test_demo_clips_equal_librosa_from_the_file_on(demo_clips, name):
    spec = DEFAULT_SPECS[name]
    for path in demo_clips:
        difference = np.abs(extract(decode(path), spec) - reference.extract_file(path, spec)).max()
        assert difference <= TOLERANCE, path


@pytest.mark.parametrize("shape", ["noise", "tone", "click", "quiet", "steps"])
@pytest.mark.parametrize("rate", [16_000, 24_414, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("seconds", [0.12, 1.7])
def test_wav_files_of_every_rate_equal_librosa_from_the_file_on(tmp_path, shape, rate, seconds):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.clip(waveform_of(shape, round(rate * seconds), 1), -1, 1), rate, subtype="PCM_16")
    if not soundfile.read(path)[0].any():
        pytest.skip("too quiet for 16 bits")
    for spec in (*DEFAULT_SPECS.values(), FeatureSpec(kind="logmel")):
        ours, theirs = extract(decode(path), spec), reference.extract_file(path, spec)
        assert ours.shape == theirs.shape
        assert np.abs(ours - theirs).max() <= TOLERANCE


@pytest.mark.corpora
@pytest.mark.parametrize("name", list(DEFAULT_SPECS))
def test_real_clips_equal_librosa_from_the_file_on(corpora, name):
    spec = DEFAULT_SPECS[name]
    clips = [*sorted(corpora.rglob("*.flac"))[::50], *sorted((corpora / "odd").iterdir())]
    assert len(clips) > 50
    for path in clips:
        difference = np.abs(extract(decode(path), spec) - reference.extract_file(path, spec)).max()
        assert difference <= TOLERANCE, path


def test_trimming_equals_librosa(make_sound):
    import librosa

    sound = make_sound(1.0, 16_000)[:, 0]
    for lead, tail in ((0, 0), (3000, 8000), (12_345, 1)):
        padded = np.concatenate([np.zeros(lead), sound, np.zeros(tail)]).astype(np.float32)
        _, (start, end) = librosa.effects.trim(padded, top_db=30)
        assert speech_bounds(padded, 30) == (start, end)


def test_levelling_brings_every_loudness_to_one(make_sound):
    spec = FeatureSpec(level_db=-26)
    for gain in (0.001, 1, 30):
        levelled = condition((make_sound()[:, 0] * gain).astype(np.float32), spec)
        assert 20 * np.log10(np.sqrt(np.mean(levelled**2))) == pytest.approx(-26, abs=0.01)


def test_levelling_leaves_silence_alone():
    assert not condition(np.zeros(1000, dtype=np.float32), FeatureSpec(level_db=-26, trim_db=30)).any()


def test_prepare_resamples(make_sound):
    assert prepare(make_sound(1.0, 48_000)[:, 0].astype(np.float32), 48_000, FeatureSpec()).size == 44_100


def test_the_described_system_has_6500_features(write_sound):
    matrix = fit_frames(extract(decode(write_sound(seconds=1.0)), FeatureSpec()), 500)
    assert matrix.size == 6_500
    assert not matrix[1 + 44_100 // 512 :].any()


def test_frames_are_cut_and_padded():
    matrix = np.ones((4, 2), dtype=np.float32)
    assert fit_frames(matrix, None) is matrix
    assert fit_frames(matrix, 3).shape == (3, 2)
    np.testing.assert_array_equal(fit_frames(matrix, 6)[4:], 0)


def test_a_spec_survives_json():
    for spec in DEFAULT_SPECS.values():
        assert from_json(to_json(spec), FeatureSpec, title="", error=FeatureError) == spec


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "plp"},
        {"n_fft": 0},
        {"n_fft": 2.5},
        {"n_mfcc": 200},
        {"hop_length": 4096},
        {"sampling_rate": "44100"},
        {"max_frames": True},
        {"level_db": 10},
        {"colour": 1},
    ],
)
def test_settings_without_sense_are_refused(fields):
    with pytest.raises(FeatureError):
        from_builtins(fields, FeatureSpec, title="The settings", error=FeatureError)
