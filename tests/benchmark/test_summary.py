"""Findings from measurements, and the estimate."""

import msgspec
import numpy as np
import pytest
from benchmark_helpers import make_measurements, make_parity, make_result
from hypothesis import given
from hypothesis import strategies as st

from aec.benchmark import BenchmarkSettings, configurations
from aec.benchmark.amdahl import fit_amdahl
from aec.benchmark.estimate import estimate_s, measured_rates
from aec.benchmark.results import Measurement, Parity
from aec.benchmark.summary import fastest, largest_difference, sentence, speed_ups, with_totals
from aec.errors import RunError, UsageError


def test_speed_ups_are_medians_of_the_ratios_within_each_repeat():
    rows = [
        Measurement(
            version,
            "threading",
            1,
            cold=False,
            repeat=repeat,
            stage="extraction",
            seconds=seconds,
            cpu_s=1.0,
            peak_memory_mb=1.0,
        )
        for repeat, (first, engine) in enumerate([(8, 4), (10, 2), (9, 3)], start=1)
        for version, seconds in (("first", first), ("engine", engine))
    ]
    engine = fastest(speed_ups(rows), "engine")
    assert (engine.speed_up, engine.low, engine.high) == (3.0, 2.0, 5.0)
    assert engine.seconds == 3


def test_totals_are_made_for_versions_that_were_trained():
    rows = with_totals(make_measurements(1))
    totals = {(row.version, row.cold): row.seconds for row in rows if row.stage == "total"}
    assert set(totals) == {(version, cold) for version in ("first", "final", "engine") for cold in (True, False)}
    assert totals["first", False] == pytest.approx(8.8 + 2)
    assert totals["first", True] == pytest.approx(10.8 + 2)


def test_without_the_first_version_there_is_no_speed_up():
    rows = [row for row in make_measurements() if row.version != "first"]
    assert speed_ups(rows) == ()
    assert "nothing to compare" in sentence(10, 2, [], Parity())


@given(share=st.floats(0.01, 0.9), one=st.floats(0.1, 100))
def test_amdahl_finds_the_share_behind_the_times(share, one):
    law = fit_amdahl([{n: one * (share + (1 - share) / n) for n in (1, 2, 4)}], cores=4)
    assert law.serial_share == pytest.approx(share, abs=1e-6)
    assert law.counts == (1, 2, 4)
    assert law.projection[16] == pytest.approx(1 / (share + (1 - share) / 16), rel=1e-4)
    assert set(law.projection) == {8, 16, 32}


def test_amdahl_gives_the_range_over_the_repeats():
    law = fit_amdahl([{1: 10.0, 2: 6.0}, {1: 10.0, 2: 7.0}, {1: 10.0, 2: 8.0}], cores=2)
    assert [round(getattr(law, name), 6) for name in ("low", "serial_share", "high")] == [0.2, 0.4, 0.6]


def test_amdahl_leaves_out_more_workers_than_cores_and_needs_two_counts():
    law = fit_amdahl([{1: 4.0, 2: 2.2, 8: 3.0}], cores=2)
    assert law.serial_share == pytest.approx(0.1)
    assert fit_amdahl([{1: 4.0, 8: 3.0}], cores=2) is None
    assert fit_amdahl([{1: 4.0}], cores=2) is None
    assert fit_amdahl([], cores=2) is None


@pytest.mark.parametrize(("two", "share"), [(3.0, 1), (0.9, 0)])
def test_times_that_follow_no_such_law_are_not_projected(two, share):
    law = fit_amdahl([{1: 2.0, 2: two}], cores=2)
    assert law.serial_share == share
    assert law.projection == {}


def test_features_that_are_no_numbers_are_not_the_same(tmp_path):
    one = np.zeros((600, 3, 2), dtype=np.float32)
    two = one.copy()
    two[300, 1, 1] = np.nan
    for name, array in (("a", one), ("b", two), ("c", one[:500])):
        np.save(tmp_path / f"{name}.npy", array)
    assert largest_difference(tmp_path / "a.npy", tmp_path / "b.npy") is None
    assert largest_difference(tmp_path / "a.npy", tmp_path / "c.npy") is None
    parity = Parity(largest_difference={"engine": None})
    assert "not all numbers" in make_result(parity=parity).sentence


def test_the_largest_difference_is_found_in_any_block(tmp_path):
    one = np.zeros((600, 3, 2), dtype=np.float32)
    two = one.copy()
    two[599, 1, 1] = -0.25
    np.save(tmp_path / "a.npy", one)
    np.save(tmp_path / "b.npy", two)
    assert largest_difference(tmp_path / "a.npy", tmp_path / "b.npy") == 0.25


def test_the_sentence_has_time_cores_accuracy_and_memory():
    finding = make_result().sentence
    assert "120 clips in 2.2 s, 4.4 times faster than the first version on 2 cores" in finding
    assert finding.endswith("the same accuracy (within a point) and 40% of the memory.")


def parity_with(engine_accuracy: float) -> Parity:
    scores = [
        msgspec.structs.replace(each, accuracy=engine_accuracy if each.version == "engine" else 0.5)
        for each in make_parity().scores
    ]
    return make_parity(scores=tuple(scores))


@pytest.mark.parametrize(
    ("parity", "words"),
    [
        (Parity(largest_difference={"engine": 1e-4}), "the same features"),
        (Parity(largest_difference={"engine": 0.5}), "features that differ by up to 0.5"),
        (Parity(), "features that were not compared"),
        (parity_with(0.44), "6 points less"),
        (parity_with(0.53), "3 points more"),
    ],
)
def test_the_sentence_does_not_hide_a_difference(parity, words):
    summary = make_result().summary
    assert words in sentence(120, 1, summary, parity)
    assert "with 2 threads on a machine of 16 cores," in sentence(120, 16, summary, parity)


def test_configurations_hold_each_version_and_train_it_once():
    found = configurations(BenchmarkSettings(jobs=(1, 4, 2), backends=("threading", "loky")))
    keys = [each.key for each in found]
    assert len(set(keys)) == len(keys)
    assert keys[0] == ("first", "sequential", 1)
    assert ("final", "loky", 1) not in keys
    assert [each.key for each in found if each.trains] == [
        ("first", "sequential", 1),
        ("final", "loky", 4),
        ("engine", "threading", 4),
    ]
    assert not any(each.trains for each in configurations(BenchmarkSettings(training=False)))
    one_core = [each.key for each in configurations(BenchmarkSettings(jobs=(1,)))]
    assert ("final", "loky", 1) in one_core, "a machine with one core still shows what the final version does"


def test_titles_name_version_and_workers():
    titles = {each.title for each in configurations(BenchmarkSettings(jobs=(1, 2), backends=("threading", "loky")))}
    assert {"First version", "Final version, 2 processes", "Engine, 1 thread", "Engine, 2 processes"} <= titles


@pytest.mark.parametrize(
    "wrong", [{"jobs": ()}, {"jobs": (0,)}, {"backends": ("ray",)}, {"repeats": 0}, {"clips": 1}, {"labels": "nine"}]
)
def test_settings_refuse_what_makes_no_sense(wrong):
    with pytest.raises(UsageError):
        BenchmarkSettings(**wrong)


def test_settings_survive_a_run_folder():
    settings = BenchmarkSettings(jobs=(1, 4), backends=("loky",), repeats=2, training=False, clips=50, seed=3)
    assert BenchmarkSettings.from_config({**settings.to_config(), "data": ["/x"]}) == settings
    with pytest.raises(RunError, match=r"configuration of a benchmark .*jobs"):
        BenchmarkSettings.from_config({"kind": "benchmark", "jobs": "two"})


def test_the_estimate_grows_with_the_work_and_follows_measured_rates():
    base = BenchmarkSettings(jobs=(1, 2), repeats=1)
    assert estimate_s(base, 1000, 2) > estimate_s(base, 100, 2)
    assert estimate_s(BenchmarkSettings(jobs=(1, 2), repeats=3), 100, 2) == pytest.approx(
        3 * estimate_s(base, 100, 2)
    )
    rows = [msgspec.structs.replace(row, seconds=100 * row.seconds) for row in make_measurements()]
    slow = measured_rates(make_result(measurements=with_totals(rows)))
    quick = measured_rates(make_result())
    assert estimate_s(base, 100, 2, slow) > 10 * estimate_s(base, 100, 2, quick)
    # The start of a process counts once, however many clips there are.
    assert estimate_s(base, 1200, 2, quick) < 10 * estimate_s(base, 120, 2, quick)
    assert [rate.start_s for rate in quick] == pytest.approx([2.0] * len(quick))
