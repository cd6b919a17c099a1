"""Progress and remaining time of a run, from its progress records."""

import pytest

from aec.runs.progress import progress_of


def epochs(fold: int, upto: int, start: float = 0.0, folds: int = 4, most: int = 100) -> list[dict]:
    return [
        {"stage": "fold", "fold": fold, "folds": folds, "epoch": e, "epochs": most, "time": start + e}
        for e in range(1, upto + 1)
    ]


def ended(fold: int, epoch: int, at: float, folds: int = 4) -> dict:
    return {"stage": "fold-end", "fold": fold, "folds": folds, "epoch": epoch, "time": at}


def test_nothing_yet():
    assert progress_of([], 0.0).step == "Starting"
    assert progress_of([], 0.0).share is None


def test_features():
    found = progress_of([{"stage": "extract", "done": 50, "total": 100, "time": 1.0}], 2.0)
    assert found.step == "Features: 50 of 100 clips"
    assert found.share == pytest.approx(0.05)
    assert found.remaining_s is None


def test_before_a_fold_has_ended_the_time_is_a_bound():
    found = progress_of(epochs(1, 40), 40.0)
    assert found.at_most
    assert found.remaining_s > 300, "three folds and a half of up to 100 epochs are left"


def test_a_fold_that_ended_early_tells_how_long_the_others_take(monkeypatch):
    monkeypatch.setattr("aec.runs.progress.usable_cores", lambda: 1)
    records = [*epochs(1, 30), ended(1, 30, 30.0), *epochs(2, 15, start=30.0)]
    found = progress_of(records, 45.0)
    assert not found.at_most
    # 2.5 folds of 30 s and the final model's third of all folds.
    assert found.remaining_s == pytest.approx(2.5 * 30 + 40, rel=0.1)


def test_the_bar_never_goes_back_while_folds_end():
    records: list[dict] = []
    shares = []
    for fold in range(1, 5):
        records += epochs(fold, 30, start=30.0 * fold)
        records.append(ended(fold, 30, 30.0 * fold + 30))
        shares.append(progress_of(records, records[-1]["time"]).share)
    assert shares == sorted(shares)
    records += [
        {"stage": "final", "fold": None, "folds": None, "epoch": e, "epochs": 100, "time": 160.0 + e} for e in (1, 15)
    ]
    final = progress_of(records, 175.0)
    assert final.share > shares[-1]
    assert final.step == "Final model: epoch 15"
    assert final.remaining_s == pytest.approx(15, rel=0.1)


def test_time_goes_by_between_records():
    records = [*epochs(1, 30), ended(1, 30, 30.0), *epochs(2, 15, start=30.0)]
    assert progress_of(records, 50.0).remaining_s == pytest.approx(progress_of(records, 45.0).remaining_s - 5)
    assert progress_of(records, 1e6).remaining_s == 0


def test_a_benchmark():
    def record(done, title, time):
        return {
            "stage": "benchmark",
            "done": done,
            "total": 10,
            "repeat": 1,
            "repeats": 2,
            "title": title,
            "time": time,
        }

    records = [record(0, "Warming up", 0.0), record(0, "First version", 10.0)]
    assert progress_of(records, 10.0).step == "Repeat 1 of 2: First version"
    assert progress_of(records, 10.0).remaining_s is None
    records.append(record(5, "", 60.0))
    found = progress_of(records, 60.0)
    assert found.remaining_s == pytest.approx(50)
    assert found.share == 0.5


def test_the_report_and_the_model_being_saved_have_their_place_on_the_bar():
    folds = [*epochs(1, 30, folds=1), ended(1, 30, 30.0, folds=1)]
    report = progress_of([*folds, {"stage": "report", "time": 31.0}], 31.0)
    assert report.share == progress_of(folds, 31.0).share
    saving = progress_of([*folds, {"stage": "report", "time": 31.0}, {"stage": "saving", "time": 40.0}], 41.0)
    assert saving.step == "Saving the model"
    assert saving.share > report.share
