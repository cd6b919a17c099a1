"""Degradations have the stated effect and are deterministic."""

import io

import numpy as np
import pytest
import soundfile
from scipy.signal import welch

from aec.evaluation.degradations import (
    DEGRADATIONS,
    band_passed,
    between_silences,
    clipped,
    degrade,
    loudest_part,
    mu_law,
    quieter,
    reverberant,
    telephoned,
    through_mp3,
    with_noise,
)

RATE = 16_000


def rms(x):
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def speech(seconds=2.0, rate=RATE, seed=0):
    """Harmonics that swell and fade, in a little noise."""
    t = np.arange(int(seconds * rate)) / rate
    rng = np.random.default_rng(seed)
    voice = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 30))
    return (0.1 * voice * (0.2 + np.sin(np.pi * t / seconds) ** 2) + 1e-4 * rng.standard_normal(t.size)).astype(
        np.float32
    )


@pytest.mark.parametrize("name", DEGRADATIONS)
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_sound_stays_a_sound_and_is_changed_the_same_every_time(name, rate):
    x = speech(rate=rate)
    before = x.copy()
    changed, new_rate = degrade(x, rate, name)
    again, _ = degrade(x, rate, name)
    assert changed.dtype == np.float32
    assert changed.ndim == 1
    assert np.isfinite(changed).all()
    assert new_rate >= 8_000
    assert np.array_equal(changed, again)
    assert np.array_equal(x, before)
    assert not np.array_equal(changed, x)


@pytest.mark.parametrize("name", DEGRADATIONS)
@pytest.mark.parametrize("x", [np.zeros(1600, dtype=np.float32), np.ones(160, dtype=np.float32)])
def test_silence_and_very_short_sounds_are_no_errors(name, x):
    changed, _ = degrade(x, RATE, name)
    assert np.isfinite(changed).all()


def test_quieter_is_lower_by_so_many_decibels():
    x = speech()
    assert 20 * np.log10(rms(x) / rms(quieter(x, 30.0))) == pytest.approx(30.0, abs=1e-3)


def test_so_many_samples_are_clipped():
    x = speech()
    cut = clipped(x, 0.05)
    assert np.mean(np.abs(cut) >= np.abs(cut).max() * 0.999999) == pytest.approx(0.05, abs=0.005)
    inside = np.abs(x) < np.abs(cut).max()
    assert np.array_equal(cut[inside], x[inside])


@pytest.mark.parametrize(("slope", "octave_db"), [(0.0, 0.0), (1.0, 3.01), (2.0, 6.02)])
def test_noise_has_its_level_and_its_colour(slope, octave_db):
    x = speech(8.0)
    noise = with_noise(x, 10.0, slope, np.random.default_rng(1)).astype(np.float64) - x
    assert 20 * np.log10(rms(x) / rms(noise)) == pytest.approx(10.0, abs=0.01)
    frequencies, power = welch(noise, RATE, nperseg=4096)

    def octave(start):
        # Per hertz, averaged within the octave.
        return power[(frequencies >= start) & (frequencies < 2 * start)].mean()

    falls = [10 * np.log10(octave(f) / octave(2 * f)) for f in (250, 500, 1000, 2000)]
    assert np.mean(falls) == pytest.approx(octave_db, abs=0.5)


def test_a_room_rings_as_long_as_it_says():
    click = np.zeros(RATE, dtype=np.float32)
    click[0] = 1.0
    room = reverberant(click, RATE, 0.6, 0.0, np.random.default_rng(0))[1:]
    # Schroeder's backward integration; the slope between 5 and 25 dB down, times three.
    decay = 10 * np.log10(np.cumsum(room[::-1].astype(np.float64) ** 2)[::-1] / np.sum(room.astype(np.float64) ** 2))
    at = [np.argmax(decay < -level) / RATE for level in (5, 25)]
    assert 3 * (at[1] - at[0]) == pytest.approx(0.6, rel=0.1)
    # As much energy as the direct sound.
    assert np.sum(room.astype(np.float64) ** 2) == pytest.approx(1.0, rel=1e-3)


def test_a_band_keeps_what_is_in_it():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(RATE * 4).astype(np.float32)
    frequencies, power = welch(band_passed(x, RATE, 300.0, 3400.0), RATE, nperseg=2048)
    inside = power[(frequencies > 500) & (frequencies < 3000)].mean()
    assert power[frequencies < 120].mean() < inside / 1000
    assert power[frequencies > 5500].mean() < inside / 100
    # The band's upper end is beyond what the rate can hold.
    assert np.isfinite(band_passed(x, 6_000, 300.0, 3400.0)).all()


def test_a_telephone_is_narrow_and_eight_bits_deep():
    x = speech(rate=44_100)
    heard, rate = telephoned(x, 44_100)
    assert rate == 8_000
    assert heard.size == pytest.approx(x.size * 8_000 / 44_100, abs=1)
    assert len(np.unique(mu_law(x))) <= 256
    # Small sounds are kept better than eight even steps would.
    small = speech() * 0.01
    with_peak = np.concatenate([small, [1.0]]).astype(np.float32)
    assert rms(mu_law(with_peak)[:-1] - small) < 0.1 * rms(small)


def test_mp3_has_its_rate_in_bits():
    x = speech(6.0, 44_100)
    written = []
    original = soundfile.write

    def keep(file, *values, **options):
        original(file, *values, **options)
        written.append(len(file.getvalue()) if isinstance(file, io.BytesIO) else 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aec.evaluation.degradations.soundfile.write", keep)
        heard, rate = through_mp3(x, 44_100)
    assert written[0] * 8 / 6.0 == pytest.approx(48_000, rel=0.03)
    assert heard.size / rate == pytest.approx(6.0, abs=0.1)
    assert rms(heard) == pytest.approx(rms(x), rel=0.1)


def test_louder_than_full_scale_is_not_cut_off_by_the_file():
    x = 4 * speech(2.0, 44_100) / np.abs(speech(2.0, 44_100)).max()
    heard, _ = through_mp3(x.astype(np.float32), 44_100)
    assert np.abs(heard).max() > 3.0


def test_silences_are_added_and_the_loudest_part_is_found():
    x = speech()
    padded = between_silences(x, RATE, 2.0)
    assert padded.size == x.size + 4 * RATE
    assert not padded[: 2 * RATE].any()
    assert np.array_equal(padded[2 * RATE : -2 * RATE], x)
    quiet = np.full(3 * RATE, 0.01, dtype=np.float32)
    quiet[RATE : 2 * RATE] = 0.5
    assert np.array_equal(loudest_part(quiet, RATE, 1.0), quiet[RATE : 2 * RATE])
    assert loudest_part(x, RATE, 10.0) is x
