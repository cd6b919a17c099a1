"""Export of the MLP to ONNX: masking, framing, scaling, network, temperature.

Inputs are `features` (batch, time, coefficients) and `lengths` (batch,); the output is `probabilities`.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
from onnx import numpy_helper

from aec.evaluation.calibration import apply_temperature
from aec.features import FeatureSpec
from aec.features.feature_file import FeatureFile
from aec.models.card import ModelCard
from aec.models.mlp import FittedMlp
from aec.models.model_file import save_verified_model

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
    if spec.max_frames is None:
        raise ValueError("an MLP needs a fixed number of frames")
    network, n_labels = fitted.network, len(fitted.network.biases[-1])
    model = onnx.parser.parse_model(f"""
        <ir_version: {IR_VERSION}, opset_import: ["": {OPSET}], producer_name: "aec">
        mlp (float[batch, time, {spec.coefficients}] features, int64[batch] lengths)
            => (float[batch, {n_labels}] probabilities) {{ {_INPUT} {_layers(len(network.weights))} {_OUTPUT} }}
    """)
    arrays = _input_arrays(fitted, spec.max_frames, spec.coefficients)
    for number, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        arrays |= {f"weights_{number}": weights, f"biases_{number}": biases}
    arrays["temperature"] = np.array(temperature, dtype=np.float32)
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    onnx.checker.check_model(model)
    return model


_INPUT = """
    padded = Pad(features, pads)
    framed = Slice(padded, slice_from, slice_to, slice_axis)
    lengths_column = Unsqueeze(lengths, last_axis)
    is_sound = Less(frame_numbers, lengths_column)
    mask = Unsqueeze(is_sound, mask_axis)
    masked = Where(mask, framed, zero)
    flat = Reshape(masked, flat_shape)
    centred = Sub(flat, mean)
    active_0 = Div(centred, scale)
"""
_OUTPUT = """
    cooled = Div(logits, temperature)
    probabilities = Softmax <axis = -1> (cooled)
"""


def _layers(count: int) -> str:
    hidden = (
        f"layer_{n} = Gemm(active_{n - 1}, weights_{n}, biases_{n}) active_{n} = Relu(layer_{n})"
        for n in range(1, count)
    )
    return "\n".join((*hidden, f"logits = Gemm(active_{count - 1}, weights_{count}, biases_{count})"))


def _input_arrays(fitted: FittedMlp, frames: int, coefficients: int) -> dict[str, np.ndarray]:
    return {
        "pads": np.array([0, 0, 0, 0, frames, 0], dtype=np.int64),
        "slice_from": np.array([0], dtype=np.int64),
        "slice_to": np.array([frames], dtype=np.int64),
        "slice_axis": np.array([1], dtype=np.int64),
        "last_axis": np.array([1], dtype=np.int64),
        "mask_axis": np.array([2], dtype=np.int64),
        "frame_numbers": np.arange(frames, dtype=np.int64)[None, :],
        "zero": np.zeros((), dtype=np.float32),
        "flat_shape": np.array([-1, frames * coefficients], dtype=np.int64),
        "mean": fitted.scaler.mean[None, :],
        "scale": fitted.scaler.scale[None, :],
    }


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
