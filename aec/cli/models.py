"""The MODEL argument: a run folder, an .onnx file, or the bundled model."""

import os
from pathlib import Path

from aec.models.model import Model
from aec.models.model_file import load_model
from aec.prediction.predictor import BUNDLED_MODEL


def open_model(name: str | None) -> Model:
    """Load the model that an argument names; raises ModelFileError or RunError."""
    if name is None:
        return load_model(BUNDLED_MODEL)
    path = Path(name)
    # These two functions never raise.
    if os.path.isfile(name) or (name.endswith(".onnx") and not os.path.isdir(name)):  # noqa: PTH112, PTH113
        return load_model(path)
    # A run folder, or the name of one.
    from aec.runs.run import open_run

    return load_model(open_run(path).model_path)
