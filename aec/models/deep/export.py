"""A trained network as one ONNX graph with its temperature inside, checked against the network itself."""

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
from aec.models.deep.clips import Clips
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
    """Return the ONNX graph of a trained network, for any number of clips and frames.

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
        # The newer exporter does not take a GRU over any number of frames.
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


def keep_network(path: Path, fitted: FittedNetwork, clips: Clips, rows: np.ndarray, card: ModelCard) -> ModelCard:
    """Write a trained network as a model file, after its answers were held against the network's own.

    Parameters
    ----------
    path : Path
    fitted : FittedNetwork
    clips : Clips
    rows : np.ndarray [dtype=int64]
        Clips to compare on.
    card : ModelCard
        Its temperature goes into the graph.

    Returns
    -------
    ModelCard
        As saved.

    Raises
    ------
    TrainingError
        The file's answers differ by more than 1e-4; nothing is kept then.
    """
    graph = to_graph(fitted, clips.features.shape[2], card.temperature)
    features, lengths = clips.read(rows)
    wanted = apply_temperature(fitted.logits(clips, rows), card.temperature)
    return save_verified_model(path, graph, card, (features.numpy(), lengths.numpy()), wanted, TOLERANCE)


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that had a part in a trained network."""
    return {name: version(name) for name in ("numpy", "scipy", "torch", "onnx", "onnxruntime")}
