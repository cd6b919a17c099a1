"""A trained model becomes a file only after the file's answers were held against the model's own."""

from pathlib import Path

import numpy as np
import onnx

from aec.errors import TrainingError
from aec.models.card import ModelCard
from aec.models.model_file import load_model, save_model


def keep_checked(
    path: Path,
    graph: onnx.ModelProto,
    card: ModelCard,
    clips: tuple[np.ndarray, np.ndarray],
    wanted: np.ndarray,
    tolerance: float,
) -> ModelCard:
    """Write a model file, if it answers as the model that it was made of.

    Parameters
    ----------
    path : Path
        Appears whole or not at all.
    graph : onnx.ModelProto
    card : ModelCard
    clips : tuple of np.ndarray
        Features [shape=(clips, time, coefficients)] and lengths [shape=(clips,)] to ask the file about.
    wanted : np.ndarray [shape=(clips, labels)]
        The model's own probabilities, calibrated from its logits.
    tolerance : float
        Largest difference of a probability.

    Returns
    -------
    ModelCard
        As saved.

    Raises
    ------
    TrainingError
        The answers differ by more; nothing is kept then.
    ModelFileError
        See `save_model`.
    """
    aside = path.with_name(f".{path.name}.unchecked")
    try:
        saved = save_model(aside, graph, card)
        difference = float(np.abs(load_model(aside).predict(*clips) - wanted).max())
        if not difference <= tolerance:
            raise TrainingError(
                f"the model file's answers differ from the network's by {difference:.1e}",
                f"at most {tolerance:.0e} is expected",
                "Please report this, with the versions of torch, onnx and onnxruntime",
            )
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return saved
