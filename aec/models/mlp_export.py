"""Export of the MLP to ONNX: masking, framing, scaling, network, temperature.

Inputs are `features` (batch, time, coefficients) and `lengths` (batch,); the output is `probabilities`.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from aec.evaluation.calibration import apply_temperature
from aec.features import FeatureSpec
from aec.features.feature_file import FeatureFile
from aec.models.card import ModelCard
from aec.models.mlp import FittedMlp
from aec.models.model_file import save_verified_model
from aec.models.perceptron import Perceptron

OPSET = 18
IR_VERSION = 9
TOLERANCE = 1e-5


def to_graph(fitted: FittedMlp, spec: FeatureSpec, temperature: float = 1.0) -> onnx.ModelProto:
    """Return the ONNX graph of a trained MLP.

    Parameters
    ----------
    fitted : FittedMlp
    spec : FeatureSpec
        With `max_frames` set: the network's number of inputs depends on it.
    temperature : float
        Divides the logits before the softmax.

    Returns
    -------
    onnx.ModelProto
        Without metadata. Frames from `lengths` on count as zero, and any number of frames is cut or padded to
        `spec.max_frames`, so that a clip alone and in a padded batch have equal probabilities.
    """
    frames = spec.max_frames
    if frames is None:
        raise ValueError("an MLP needs a fixed number of frames")
    nodes, constants = _front(fitted, frames, spec.coefficients)
    for part in (_network(fitted.network), _back(temperature)):
        nodes += part[0]
        constants |= part[1]
    inputs = [
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", "time", spec.coefficients]),
        helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
    ]
    n_labels = len(fitted.network.biases[-1])
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", n_labels])]
    tensors = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, "mlp", inputs, outputs, initializer=tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="aec")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model


_Part = tuple[list[onnx.NodeProto], dict[str, np.ndarray]]


def _front(fitted: FittedMlp, frames: int, coefficients: int) -> _Part:
    size = frames * coefficients
    constants: dict[str, np.ndarray] = {
        "pads": np.array([0, 0, 0, 0, frames, 0], dtype=np.int64),
        "slice_from": np.array([0], dtype=np.int64),
        "slice_to": np.array([frames], dtype=np.int64),
        "slice_axis": np.array([1], dtype=np.int64),
        "last_axis": np.array([1], dtype=np.int64),
        "mask_axis": np.array([2], dtype=np.int64),
        "frame_numbers": np.arange(frames, dtype=np.int64)[None, :],
        "zero": np.zeros((), dtype=np.float32),
        "flat_shape": np.array([-1, size], dtype=np.int64),
        "mean": fitted.scaler.mean[None, :],
        "scale": fitted.scaler.scale[None, :],
    }
    nodes = [
        helper.make_node("Pad", ["features", "pads"], ["padded"]),
        helper.make_node("Slice", ["padded", "slice_from", "slice_to", "slice_axis"], ["framed"]),
        helper.make_node("Unsqueeze", ["lengths", "last_axis"], ["lengths_column"]),
        helper.make_node("Less", ["frame_numbers", "lengths_column"], ["is_sound"]),
        helper.make_node("Unsqueeze", ["is_sound", "mask_axis"], ["mask"]),
        helper.make_node("Where", ["mask", "framed", "zero"], ["masked"]),
        helper.make_node("Reshape", ["masked", "flat_shape"], ["flat"]),
        helper.make_node("Sub", ["flat", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "scale"], ["scaled"]),
    ]
    return nodes, constants


def _network(network: Perceptron) -> _Part:
    nodes: list[onnx.NodeProto] = []
    constants: dict[str, np.ndarray] = {}
    source = "scaled"
    for number, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        constants |= {f"weights_{number}": weights, f"biases_{number}": biases}
        last = number == len(network.weights)
        output = "logits" if last else f"layer_{number}"
        nodes.append(helper.make_node("Gemm", [source, f"weights_{number}", f"biases_{number}"], [output]))
        if not last:
            nodes.append(helper.make_node("Relu", [output], [f"active_{number}"]))
            source = f"active_{number}"
    return nodes, constants


def _back(temperature: float) -> _Part:
    nodes = [
        helper.make_node("Div", ["logits", "temperature"], ["cooled"]),
        helper.make_node("Softmax", ["cooled"], ["probabilities"], axis=-1),
    ]
    return nodes, {"temperature": np.array(temperature, dtype=np.float32)}


def save_mlp(
    path: Path,
    fitted: FittedMlp,
    spec: FeatureSpec,
    check_on: tuple[FeatureFile, np.ndarray],
    card: ModelCard,
) -> ModelCard:
    """Write a trained MLP as a model file, verified against the network.

    Parameters
    ----------
    path : Path
    fitted : FittedMlp
    spec : FeatureSpec
    check_on : tuple of FeatureFile and np.ndarray
        Features and the rows of it to compare on.
    card : ModelCard
        Its temperature goes into the graph.

    Returns
    -------
    ModelCard
        As saved.

    Raises
    ------
    TrainingError
        The probabilities differ by more than 1e-5; nothing is written then.
    """
    features, rows = check_on
    matrix = features.read(rows)
    lengths = np.full(len(rows), matrix.shape[1], dtype=np.int64)
    expected = apply_temperature(fitted.logits(features, rows), card.temperature)
    graph = to_graph(fitted, spec, card.temperature)
    return save_verified_model(path, graph, card, (matrix, lengths), expected, TOLERANCE)


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that a trained MLP depends on."""
    return {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "onnx", "onnxruntime")}
