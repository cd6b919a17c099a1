"""Clips + split -> a trained model, its report and its run."""

from aec.models.learner import check_model, check_team
from aec.training.settings import TrainingSettings, spec_for
from aec.training.trainer import train

__all__ = ["TrainingSettings", "check_model", "check_team", "spec_for", "train"]
