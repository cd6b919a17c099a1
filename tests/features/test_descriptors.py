"""Descriptors of sounds with known values; distributions in model cards."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from aec.audio import Sound, SoundFacts, decode
from aec.emotions import EMOTIONS
from aec.features import FeatureSpec
from aec.features.descriptor_distribution import CARD_KEY, describe_corpus, read_distribution
from aec.features.descriptors import Descriptors, describe
from aec.features.pitch import track_pitch
from aec.features.voice_measures import MEASURES
from aec.models.card import ModelCard

RATE = 16_000


def sound_of(samples: np.ndarray, rate: int = RATE) -> Sound:
    samples = np.asarray(samples, dtype=np.float32)
    return Sound(samples, SoundFacts(rate, 1, samples.size / rate, "WAV", "FLOAT", "test"))


def times(seconds: float, rate: int = RATE) -> np.ndarray:
    return np.arange(round(seconds * rate)) / rate


def voice(
    hz: float | np.ndarray, seconds: float = 1.5, rate: int = RATE, harmonics: range = range(1, 12)
) -> np.ndarray:
    """Return harmonics of a fundamental [shape=(n,)], none beyond half the rate."""
    t = times(seconds, rate)
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, t.shape)) / rate
    top = float(np.max(hz))
    return 0.1 * sum(np.sin(k * phase + k) / k for k in harmonics if k * top < 0.45 * rate)


def noise(seconds: float = 1.5, level: float = 0.1, seed: int = 0, rate: int = RATE) -> np.ndarray:
    return level * np.random.default_rng(seed).standard_normal(round(seconds * rate))


def coloured(steepness: float, seed: int, seconds: float = 2.0) -> np.ndarray:
    spectrum = np.fft.rfft(noise(seconds, 1.0, seed))
    rank = np.arange(len(spectrum)) / (20 * seconds)
    spectrum[rank < 1] = 0
    sound = np.fft.irfft(spectrum / np.maximum(rank, 1) ** steepness)
    return 0.1 * sound / sound.std()


def syllables(per_s: float, seconds: float, hz: float = 150) -> np.ndarray:
    """A voice that swells and fades so many times a second, by some 14 dB."""
    swell = 0.2 + 0.8 * (0.5 - 0.5 * np.cos(2 * np.pi * per_s * times(seconds)))
    return voice(hz, seconds) * swell


@pytest.mark.parametrize("hz", [62, 80, 100.3, 147, 220, 333, 440, 495])
@pytest.mark.parametrize("harmonics", [range(1, 2), range(1, 40), range(2, 6)], ids=["sine", "voice", "missing"])
def test_the_pitch_of_a_steady_tone(hz, harmonics):
    found = describe(sound_of(voice(hz, harmonics=harmonics)))
    assert found.f0_median_hz == pytest.approx(hz, rel=2e-3)
    assert found.f0_range_st < 0.1


@settings(max_examples=40, deadline=None)
@given(
    hz=st.floats(65, 480),
    tilt=st.floats(0, 1.5),
    phases=st.integers(0, 1_000),
    rate=st.sampled_from([8_000, 22_050, 44_100, 96_000]),
    gain=st.floats(0.001, 1),
)
def test_pitch_is_independent_of_phase_tilt_rate_and_level(hz, tilt, phases, rate, gain):
    t = times(0.6, rate)
    shifts = np.random.default_rng(phases).uniform(0, 6, 40)
    tones = [
        np.sin(2 * np.pi * k * hz * t + shifts[k]) / k**tilt for k in range(1, 40) if k * hz < min(4_000, 0.4 * rate)
    ]
    found = describe(sound_of(gain * sum(tones) / len(tones), rate))
    assert found.f0_median_hz == pytest.approx(hz, rel=5e-3)


@pytest.mark.parametrize("snr_db", [20, 10, 3])
def test_noise_moves_the_pitch_but_little(snr_db):
    clean = voice(150)
    found = describe(sound_of(clean + noise(level=clean.std() * 10 ** (-snr_db / 20))))
    assert found.f0_median_hz == pytest.approx(150, rel=5e-3)
    assert found.f0_range_st < 0.5


def test_hiss_above_the_voice_does_not_hide_it():
    clean = voice(150)
    spectrum = np.fft.rfft(noise(1.5, 1.0))
    spectrum[: round(1.5 * 3_500)] = 0
    hiss = np.fft.irfft(spectrum)
    assert describe(sound_of(clean + 4 * clean.std() / hiss.std() * hiss)).f0_median_hz == pytest.approx(
        150, rel=5e-3
    )


@pytest.mark.parametrize("seed", range(3))
def test_noise_between_syllables_gives_no_lower_octaves(seed):
    found = describe(sound_of(syllables(3, 3) + noise(3, 0.06, seed)))
    assert found.f0_median_hz == pytest.approx(150, rel=0.01)
    assert found.f0_range_st < 2


def test_a_hum_far_below_the_voice_is_not_the_voice():
    found = describe(sound_of(np.concatenate([voice(200, 1.0), voice(100, 3.0) * 10 ** (-50 / 20)])))
    assert found.f0_median_hz == pytest.approx(200, rel=1e-3)


@pytest.mark.parametrize("octaves", [-1.0, 0.5, 1.5])
def test_the_range_of_a_glide(octaves):
    hz = 160 * 2 ** (octaves * np.linspace(0, 1, 3 * RATE))
    found = describe(sound_of(voice(hz, 3)))
    # From the 10th to the 90th percentile is eight tenths of the way.
    assert found.f0_range_st == pytest.approx(0.8 * 12 * abs(octaves), abs=0.25)
    assert found.f0_median_hz == pytest.approx(160 * 2 ** (octaves / 2), rel=0.01)


def test_a_glide_is_followed_frame_by_frame():
    hz = 100 * 3 ** np.linspace(0, 1, 2 * RATE)
    track = track_pitch(voice(hz, 2).astype(np.float32))
    centres = hz[400::160][: len(track.f0_hz)]
    assert np.abs(track.f0_hz / centres - 1).max() < 0.01


def test_a_leap_by_an_octave_is_believed_where_it_is_one():
    found = describe(sound_of(np.concatenate([voice(110), voice(220)])))
    assert found.f0_range_st == pytest.approx(12, abs=0.1)


def test_a_weak_fundamental_under_strong_even_harmonics_is_not_an_octave_higher():
    t = times(1.5)
    sound = sum((1.0 if k % 2 == 0 else 0.35) * np.sin(2 * np.pi * 120 * k * t + k) for k in range(1, 10))
    assert describe(sound_of(0.05 * sound)).f0_median_hz == pytest.approx(120, rel=5e-3)


@pytest.mark.parametrize("steepness", [0, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seconds", [1, 10])
def test_noise_has_no_pitch_and_no_syllables(steepness, seed, seconds):
    found = describe(sound_of(coloured(steepness, seed, seconds)))
    assert found.f0_median_hz is None
    assert found.f0_range_st is None
    assert found.syllables_per_s is None
    assert found.level_dbfs == pytest.approx(-20, abs=1.0)


def test_voice_and_noise_are_separated():
    sound = np.concatenate([noise(0.5, 0.05), voice(200, 1.0), noise(0.5, 0.05)])
    track = track_pitch(sound.astype(np.float32))
    voiced = track.f0_hz > 0
    middles = (400 + 160 * np.arange(len(voiced))) / RATE
    inside = (middles > 0.53) & (middles < 1.47)
    assert voiced[inside].all()
    assert not voiced[(middles < 0.47) | (middles > 1.53)].any()


def test_what_is_out_of_range_has_no_pitch_in_it():
    assert not (track_pitch(voice(800, harmonics=range(1, 2)).astype(np.float32)).f0_hz > 505).any()
    assert describe(sound_of(voice(40, harmonics=range(1, 2)))).f0_median_hz is None


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.003])
def test_the_level_of_a_sine(gain):
    found = describe(sound_of(gain * np.sin(2 * np.pi * 200 * times(1))))
    assert found.level_dbfs == pytest.approx(20 * np.log10(gain) - 3.01, abs=0.1)
    assert found.level_variation_db < 0.3


def test_the_variation_of_two_levels():
    loud = np.sin(2 * np.pi * 200 * times(1))
    found = describe(sound_of(np.concatenate([0.5 * loud, 0.05 * loud])))
    assert found.level_variation_db == pytest.approx(20, abs=0.3)


def test_silence_around_a_clip_changes_nothing():
    clip = syllables(4, 2.0)
    alone = asdict(describe(sound_of(clip)))
    padded = asdict(describe(sound_of(np.concatenate([np.zeros(RATE), clip, np.zeros(3 * RATE)]))))
    assert padded.pop("pause_share") == 0
    assert alone.pop("pause_share") is None
    assert padded == pytest.approx(alone, rel=0.06)


@pytest.mark.parametrize("per_s", [2, 3, 4, 5, 6])
def test_syllables_are_counted(per_s):
    assert describe(sound_of(syllables(per_s, 4))).syllables_per_s == pytest.approx(per_s, rel=0.07)


def test_a_tremble_and_a_rough_voice_make_no_syllables():
    t = times(4)
    trembling = voice(150, 4) * (1 + 0.05 * np.sin(2 * np.pi * 8 * t))
    assert describe(sound_of(trembling)).syllables_per_s is None
    rough = syllables(3, 4) * (1 + 0.3 * np.sin(2 * np.pi * 18 * t))
    assert describe(sound_of(rough)).syllables_per_s == pytest.approx(3, rel=0.07)


def test_bursts_of_noise_are_no_syllables():
    clip = syllables(4, 2.0)
    hiss = noise(2.0, 0.1) * (np.sin(2 * np.pi * 4 * times(2)) > 0)
    found = describe(sound_of(np.concatenate([clip, hiss])))
    # Eight syllables in four seconds.
    assert found.syllables_per_s == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize(("gap_s", "share"), [(0.15, 0.0), (0.5, 0.2), (2.0, 0.5)])
def test_the_share_of_pauses(gap_s, share):
    found = describe(sound_of(np.concatenate([syllables(4, 1), np.zeros(round(gap_s * RATE)), syllables(4, 1)])))
    assert found.pause_share == pytest.approx(share, abs=0.02)
    # The rate is that of speech, pauses left out; a gap too short to be one counts as speech.
    assert found.syllables_per_s == pytest.approx(8 / (2 + (gap_s if not share else 0)), rel=0.08)


def test_noise_that_fills_the_pauses_leaves_their_share_open():
    speech = np.concatenate([syllables(4, 1), np.zeros(RATE), syllables(4, 1)])
    assert describe(sound_of(speech + noise(3, 0.02))).pause_share is None


def test_a_click_changes_little():
    clip = syllables(4, 2.0)
    clicked = clip.copy()
    clicked[8_000:8_010] = 1.0
    plain, found = describe(sound_of(clip)), describe(sound_of(clicked))
    assert found.f0_median_hz == pytest.approx(plain.f0_median_hz, rel=0.01)
    assert found.syllables_per_s == pytest.approx(plain.syllables_per_s, rel=0.2)


@pytest.mark.parametrize("seconds", [0.1, 0.103, 0.2])
@pytest.mark.parametrize("rate", [8_000, 11_025, 96_000])
def test_the_shortest_clips_are_described_as_far_as_they_can_be(seconds, rate):
    found = describe(sound_of(voice(200, seconds, rate), rate))
    assert found.level_dbfs == pytest.approx(-21, abs=2)
    assert found.syllables_per_s is None
    assert found.pause_share is None
    assert found.f0_range_st is None


def test_real_voices_of_the_demo_corpus_are_within_reason(demo_clips):
    for path in demo_clips[:8]:
        found = describe(decode(path))
        assert 70 < found.f0_median_hz < 400
        assert 0 < found.f0_range_st < 30
        assert 1 < found.syllables_per_s < 9
        assert -60 < found.level_dbfs < 0


def test_long_sounds_are_worked_through_in_blocks():
    sound = sound_of(np.tile(syllables(4, 2), 60))
    describe(sound_of(voice(150)))
    tracemalloc.start()
    try:
        found = describe(sound)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.syllables_per_s == pytest.approx(4, rel=0.05)
    # The spectra of all frames at once would be 52 MB.
    assert peak < 25e6


def test_every_measure_is_described():
    assert describe(sound_of(voice(150))).__struct_fields__ == tuple(MEASURES)


def described(number: float, **changes: float | None) -> Descriptors:
    values: dict[str, float | None] = dict.fromkeys(MEASURES, None)
    return Descriptors(**{**values, "f0_median_hz": 100 + number, "pause_share": 0.1, **changes})


def test_a_distribution_holds_percentiles_by_emotion():
    clips = [described(n) for n in range(101)] + [described(500)] * 5 + [described(900)] * 4
    found = describe_corpus(clips, ["sad"] * 101 + ["angry"] * 5 + ["happy"] * 4)
    assert list(found) == ["angry", "sad"]
    assert asdict(found["sad"]["f0_median_hz"]) == {
        "p10": 110,
        "p25": 125,
        "p50": 150,
        "p75": 175,
        "p90": 190,
        "count": 101,
    }
    assert set(found["angry"]) == {"f0_median_hz", "pause_share"}


def test_missing_values_and_emotions_are_left_out():
    clips = [described(n, f0_median_hz=None if n % 2 else 200) for n in range(12)]
    found = describe_corpus([*clips, described(0)], [*["sad"] * 12, None])
    assert found["sad"]["f0_median_hz"].count == 6
    assert found["sad"]["pause_share"].count == 12
    with pytest.raises(ValueError, match="shorter"):
        describe_corpus(clips, ["sad"])


def test_a_distribution_comes_back_from_a_card():
    found = describe_corpus([described(n) for n in range(50)], ["sad", "angry"] * 25)
    card = ModelCard(
        name="m", family="mlp", labels=("sad", "angry"), features=(FeatureSpec(),), extra={CARD_KEY: found}
    )
    read = read_distribution(ModelCard.from_json(card.to_json()).extra)
    assert read == found


GOOD = {"p10": 1, "p25": 2, "p50": 3, "p75": 4, "p90": 5.5, "count": 9}


@pytest.mark.parametrize(
    "junk",
    [
        None,
        {},
        [],
        "x",
        {"joyful": {"f0_median_hz": GOOD}},
        {"sad": []},
        {"sad": None},
        {"sad": {}},
        {"sad": {"shoe_size": GOOD}},
        {"sad": {"f0_median_hz": [1, 2, 3, 4, 5, 9]}},
        {"sad": {"f0_median_hz": {**GOOD, "p50": "3"}}},
        {"sad": {"f0_median_hz": {**GOOD, "p50": True}}},
        {"sad": {"f0_median_hz": {**GOOD, "p50": None}}},
        {"sad": {"f0_median_hz": {**GOOD, "p50": 10**18}}},
        {"sad": {"f0_median_hz": {**GOOD, "p10": -1}}},
        {"sad": {"f0_median_hz": {**GOOD, "p25": 3.5}}},
        {"sad": {"f0_median_hz": {**GOOD, "p90": float("nan")}}},
        {"sad": {"f0_median_hz": {**GOOD, "p99": 6}}},
        {"sad": {"f0_median_hz": {**GOOD, "count": 0}}},
        {"sad": {"f0_median_hz": {**GOOD, "count": 2.5}}},
        {"sad": {"f0_median_hz": {**GOOD, "count": 10**12}}},
        {"sad": {"pause_share": GOOD}},
        {"sad": {"f0_median_hz": GOOD}, "angry": {"f0_median_hz": 3}},
        {"sad": {f"measure {n}": GOOD for n in range(100)}},
    ],
)
def test_junk_in_a_card_is_no_distribution(junk):
    assert read_distribution({CARD_KEY: junk}) is None
    assert read_distribution({"other": junk}) is None


def test_measures_of_a_later_version_are_passed_over():
    read = read_distribution({CARD_KEY: {"sad": {"f0_median_hz": GOOD, "shoe_size": "junk"}}})
    assert read is not None
    assert list(read["sad"]) == ["f0_median_hz"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*EMOTIONS[:3], *MEASURES, *GOOD, "x"]),
            inner | st.just(GOOD),
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_card_makes_the_reader_fail(junk):
    read = read_distribution(json.loads(json.dumps({CARD_KEY: junk})))
    assert read is None or (set(read) <= set(EMOTIONS) and all(read.values()))
