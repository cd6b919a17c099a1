"""Clips + split -> a trained model, its report and its run.

The names are imported when they are used: reading a report needs none of the libraries that train.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aec.models.learner import check_model, check_team
    from aec.training.preparation import split_for
    from aec.training.results import EvaluationReport, TrainingReport, read_report
    from aec.training.settings import TrainingSettings, spec_for
    from aec.training.trainer import train

__all__ = [
    "EvaluationReport",
    "TrainingReport",
    "TrainingSettings",
    "check_model",
    "check_team",
    "read_report",
    "spec_for",
    "split_for",
    "train",
]

_MODULES = {
    "check_model": "aec.models.learner",
    "check_team": "aec.models.learner",
    "split_for": "aec.training.preparation",
    "EvaluationReport": "aec.training.results",
    "TrainingReport": "aec.training.results",
    "read_report": "aec.training.results",
    "TrainingSettings": "aec.training.settings",
    "spec_for": "aec.training.settings",
    "train": "aec.training.trainer",
}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
