"""soxr's resampling as a matrix product: the same samples, ends and lengths included, and a way back to soxr."""

import functools
import math

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from aec.audio import filter_bank, resampling
from aec.audio.filter_bank import is_worthwhile, measure_filter_bank

NEAR = [(48_000, 44_100), (22_050, 16_000), (24_000, 16_000), (48_000, 32_000)]


resample = functools.partial(resampling.resample, quick=True)


def by_soxr(waveform: np.ndarray, sampling_rate: int, target: int) -> np.ndarray:
    result = soxr.resample(waveform, sampling_rate, target, quality="HQ")
    length = math.ceil(waveform.size * target / sampling_rate)
    return np.pad(result, (0, max(0, length - result.size)))[:length]


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(NEAR), st.integers(200, 40_000), st.integers(0, 99), st.sampled_from([1e-4, 0.1, 100.0]))
def test_noise_of_any_length_and_level_comes_out_as_from_soxr(rates, size, seed, level):
    waveform = (np.random.default_rng(seed).standard_normal(size) * level).astype(np.float32)
    ours, theirs = resample(waveform, *rates), by_soxr(waveform, *rates)
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 2e-6 * np.abs(waveform).max()


@pytest.mark.parametrize("rates", NEAR)
def test_every_remainder_of_a_period_has_soxrs_length(rates):
    for size in range(2000, 2000 + 2 * rates[0] // math.gcd(*rates)):
        waveform = np.ones(size, dtype=np.float32)
        ours, theirs = resample(waveform, *rates), by_soxr(waveform, *rates)
        assert ours.size == theirs.size
        assert (ours[-1] == 0) == (theirs[-1] == 0), size


def test_a_step_at_the_very_ends():
    waveform = np.zeros(9_000, dtype=np.float32)
    waveform[[0, 1, 2, -3, -2, -1]] = 1, -1, 1, 1, -1, 1
    assert np.abs(resample(waveform, 48_000, 44_100) - by_soxr(waveform, 48_000, 44_100)).max() <= 2e-6


def test_the_product_is_used_for_near_rates_with_a_short_period():
    assert all(is_worthwhile(*rates) for rates in NEAR)
    assert not any(is_worthwhile(*rates) for rates in [(48_000, 16_000), (16_000, 44_100), (24_414, 16_000)])


def test_a_resampler_that_is_not_periodic_gives_no_bank():
    def louder(waveform: np.ndarray, sampling_rate: int, target: int) -> np.ndarray:
        return np.asarray(soxr.resample(waveform, sampling_rate, target, quality="HQ") * np.float32(1.0001))

    def limiting(waveform: np.ndarray, sampling_rate: int, target: int) -> np.ndarray:
        return np.clip(by_soxr(waveform, sampling_rate, target), -1, 1)

    assert measure_filter_bank(48_000, 44_100, louder) is not None
    assert measure_filter_bank(48_000, 44_100, limiting) is None


def test_without_a_bank_soxr_resamples(monkeypatch):
    monkeypatch.setattr(resampling, "measure_filter_bank", lambda *_arguments: None)
    waveform = np.random.default_rng(0).standard_normal(5_000).astype(np.float32)
    assert np.array_equal(resample(waveform, 48_000, 44_100), by_soxr(waveform, 48_000, 44_100))


def test_by_default_the_samples_are_soxrs_own():
    waveform = np.random.default_rng(0).standard_normal(5_000).astype(np.float32)
    assert np.array_equal(resampling.resample(waveform, 48_000, 44_100), by_soxr(waveform, 48_000, 44_100))


def test_the_weights_are_shared_and_cannot_be_written():
    bank = measure_filter_bank(48_000, 44_100, by_soxr)
    assert isinstance(bank, filter_bank.FilterBank)
    with pytest.raises(ValueError, match="read-only"):
        bank.products[0][2][0, 0] = 1.0
