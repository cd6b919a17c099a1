"""The MODEL argument: a run folder, an .onnx file, or nothing for the bundled model."""

from pathlib import Path

from aec.models.model_file import Model, load_model
from aec.prediction import BUNDLED_MODEL


def open_model(name: str | None) -> Model:
    """Load the model that an argument names; raises ModelFileError or RunError."""
    if name is None:
        return load_model(BUNDLED_MODEL)
    path = Path(name)
    if path.is_file() or path.suffix:
        return load_model(path)
    # A run folder, or the name of one: a run reads its own files, so damage is told in its words.
    from aec.runs import open_run

    return load_model(open_run(path).model_path)
