"""Reports as JSON: a run written before reports had a version, and files that are no report."""

import json
import shutil
from pathlib import Path

import pytest
from msgspec import to_builtins

from aec.errors import RunError
from aec.runs.run import Run
from aec.training import TrainingSettings, read_report
from aec.training.progress import epoch_records

OLD = Path(__file__).parent / "run_of_version_1"


@pytest.fixture
def run(tmp_path):
    """A run as the version before wrote it, cancelled in the second of three folds."""
    shutil.copytree(OLD, tmp_path / "run")
    return Run(tmp_path / "run")


def test_a_run_of_the_version_before_opens(run):
    report = read_report(run)
    assert (report.folds_done, report.folds, report.is_complete) == (2, 3, False)
    assert report.split_title == "unseen speakers, 2 of 3 folds"
    assert report.n_test == len(report.predictions) == sum(map(sum, report.confusion))
    assert report.metrics["uar"] == json.loads((OLD / "report.json").read_text())["uar"]
    assert report.features == TrainingSettings.from_config(run.config()).spec
    assert TrainingSettings.from_config(run.config()).data == ("aec/demo/german",)
    epochs = epoch_records(run.progress())
    assert {(epoch.stage, epoch.fold) for epoch in epochs} == {("fold", 1), ("fold", 2)}


def test_a_report_written_and_read_is_the_same(run):
    report = read_report(run)
    run.write_report(to_builtins(report))
    assert read_report(run) == report


def test_no_report_is_none(run):
    (run.folder / "report.json").unlink()
    assert read_report(run) is None


@pytest.mark.parametrize(
    "changes",
    [{"uar": "high"}, {"uar": float("nan")}, {"labels": [1]}, {"confusion": [[0.5]]}, {"predictions": [{"path": 1}]}],
)
def test_a_report_with_values_of_another_kind_is_refused(run, changes):
    fields = {**json.loads((OLD / "report.json").read_text()), **changes}
    (run.folder / "report.json").write_text(json.dumps(fields))
    with pytest.raises(RunError, match="report of run"):
        read_report(run)


def test_unknown_fields_are_left_out(run):
    fields = {**json.loads((OLD / "report.json").read_text()), "new": {"a": 1}}
    (run.folder / "report.json").write_text(json.dumps(fields))
    assert read_report(run) is not None


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe"])
def test_a_file_that_is_no_report_is_refused(run, content):
    (run.folder / "report.json").write_bytes(content)
    with pytest.raises(RunError):
        read_report(run)
