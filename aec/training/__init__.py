"""Clips + split -> a trained model, its report and its run."""

from aec.training.settings import TrainingSettings
from aec.training.trainer import check_model, train

__all__ = ["TrainingSettings", "check_model", "train"]
