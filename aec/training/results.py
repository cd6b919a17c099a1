"""Reports of trainings and evaluations, and their JSON."""

import re

import msgspec

from aec.errors import RunError
from aec.evaluation.metrics import ClipPrediction, Evaluation, LeakFinding
from aec.features import FeatureSpec
from aec.runs.run import Run
from aec.system.structs import from_json

# Reports of version 1 have no `folds_done`; a note has the number where folds are missing.
_FOLDS_NOTE = re.compile(r"Cancelled: the figures are of (\d+) of \d+ folds\.")
# Of new reports.
VERSION = 2


class EvaluationReport(Evaluation, frozen=True, kw_only=True):
    """Metrics of a model with their protocol, as `aec evaluate --json` prints them.

    Parameters
    ----------
    model : str
    split : str or None
        `speaker`, `random` or `corpus:NAME`; None where a saved model was tested on other data.
    folds : int or None
    n_train, n_test : int
        Clips.
    leaks : tuple of LeakFinding
    notes : tuple of str
        Sentences for people.
    seconds : float
    run : str or None
        Folder of the run.
    """

    model: str
    split: str | None
    folds: int | None
    n_train: int
    n_test: int
    leaks: tuple[LeakFinding, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    run: str | None = None


class TrainingReport(EvaluationReport, frozen=True, kw_only=True):
    """Report of a training.

    Parameters
    ----------
    split_title : str
        The protocol in words, with the number of folds that the metrics are of.
    folds_done : int
    corpora : dict of str to int
        Clips by corpus.
    speakers : int
    data_digest : str
        SHA-256 of clips, emotions and speakers.
    features : FeatureSpec
    predictions : tuple of ClipPrediction
        Of every test clip, in the order of the table.
    temperature : float
    calibration_error : float or None
        Expected calibration error; None where the temperature was fitted on the same clips.
    cancelled : bool
    version : int
        Of this format.
    """

    split: str
    folds: int
    split_title: str
    folds_done: int = 0
    corpora: dict[str, int]
    speakers: int
    data_digest: str
    features: FeatureSpec
    predictions: tuple[ClipPrediction, ...]
    temperature: float = 1.0
    calibration_error: float | None = None
    cancelled: bool = False
    version: int = 1

    @property
    def is_complete(self) -> bool:
        """Whether the metrics are of all folds."""
        return self.folds_done == self.folds


def read_report(run: Run) -> TrainingReport | None:
    """Return the report of a training, or None where there is none.

    Raises
    ------
    RunError
        It is damaged.
    """
    try:
        content = (run.folder / "report.json").read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RunError(f"the report of {run.id} cannot be read ({error.strerror})", "", "Delete the run") from error
    report = from_json(
        content, TrainingReport, title=f"The report of {run.id}", error=RunError, remedy="Delete the run"
    )
    return report if report.version >= VERSION else _from_version_1(report)


def _from_version_1(report: TrainingReport) -> TrainingReport:
    found = _FOLDS_NOTE.search(" ".join(report.notes))
    done, title = report.folds, report.split_title
    if found:
        done = int(found[1])
        title = title.removesuffix(f"{report.folds} folds") + f"{done} of {report.folds} folds"
    return msgspec.structs.replace(report, folds_done=done, split_title=title, version=VERSION)
