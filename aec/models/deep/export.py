"""Export of a trained network as an ONNX graph that includes the temperature."""

import io
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from aec.evaluation.calibration import apply_temperature
from aec.models.card import ModelCard
from aec.models.deep.batches import ClipDataset
from aec.models.deep.fitting import FittedNetwork
from aec.models.model_file import save_verified_model

OPSET = 18
TOLERANCE = 1e-4


class _Calibrated(nn.Module):
    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("temperature", torch.tensor(temperature, dtype=torch.float32))

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        return torch.softmax(self.network(features, lengths) / self.temperature, dim=1)


def to_graph(fitted: FittedNetwork, coefficients: int, temperature: float = 1.0) -> onnx.ModelProto:
    """Export a trained network as ONNX, for any number of clips and frames.

    Parameters
    ----------
    fitted : FittedNetwork
    coefficients : int
        Values per frame.
    temperature : float
        Divides the logits before the softmax.
    """
    example = torch.randn(3, 50, coefficients), torch.tensor([50, 31, 7])
    axes = {"features": {0: "batch", 1: "time"}, "lengths": {0: "batch"}, "probabilities": {0: "batch"}}
    file: Any = io.BytesIO()
    with warnings.catch_warnings():
        # The newer exporter does not support a GRU with a dynamic time axis.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Calibrated(fitted.network, temperature).eval(),
            example,
            file,
            input_names=["features", "lengths"],
            output_names=["probabilities"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load_model_from_string(file.getvalue())


def save_network(
    path: Path, fitted: FittedNetwork, clips: ClipDataset, rows: np.ndarray, card: ModelCard
) -> ModelCard:
    """Save a trained network as a model file with verified output.

    Parameters
    ----------
    path : Path
    fitted : FittedNetwork
    clips : ClipDataset
    rows : np.ndarray [dtype=int64]
        Clips to compare on.
    card : ModelCard
        Its temperature becomes a part of the graph.

    Returns
    -------
    ModelCard
        As saved.

    Raises
    ------
    TrainingError
        The outputs differ by more than 1e-4; no file is kept.
    """
    graph = to_graph(fitted, clips.features.shape[2], card.temperature)
    features, lengths = clips.read(rows)
    wanted = apply_temperature(fitted.logits(clips, rows), card.temperature)
    return save_verified_model(path, graph, card, (features.numpy(), lengths.numpy()), wanted, TOLERANCE)


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries used in training and export."""
    return {name: version(name) for name in ("numpy", "scipy", "torch", "onnx", "onnxruntime")}
