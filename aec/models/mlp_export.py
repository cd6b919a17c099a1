"""The trained MLP as one ONNX graph: masking, framing, scaling, network and temperature.

Inputs are `features` (batch, time, coefficients) and `lengths` (batch,); the output is `probabilities`.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs

from aec.calibration import apply_temperature
from aec.errors import TrainingError
from aec.features import FeatureSpec
from aec.models.card import ModelCard
from aec.models.mlp import FittedMlp
from aec.models.model_file import load_model, save_model
from aec.store import FeatureFile

OPSET = 18
IR_VERSION = 9
# Smaller probabilities have no logarithm that float32 holds.
_TINY = np.float32(1e-30)
TOLERANCE = 1e-5


def to_graph(fitted: FittedMlp, spec: FeatureSpec, temperature: float = 1.0) -> onnx.ModelProto:
    """Return the ONNX graph of a trained MLP.

    Parameters
    ----------
    fitted : FittedMlp
    spec : FeatureSpec
        With `max_frames` set: the network's number of inputs depends on it.
    temperature : float
        Divides the logarithms of the probabilities before they are normalised again.

    Returns
    -------
    onnx.ModelProto
        Without metadata. Frames from `lengths` on count as zero, and any number of frames is cut or padded to
        `spec.max_frames`, so that a clip alone and in a padded batch give the same answer.
    """
    frames = spec.max_frames
    if frames is None:
        raise ValueError("an MLP needs a fixed number of frames")
    n_labels = int(fitted.network.n_outputs_) if fitted.network.n_outputs_ > 1 else 2
    network = to_onnx(
        fitted.network,
        initial_types=[("flat", FloatTensorType([None, frames * spec.coefficients]))],
        options={id(fitted.network): {"zipmap": False}},
        target_opset={"": OPSET, "ai.onnx.ml": 3},
    )
    network = select_model_inputs_outputs(network, outputs=["probabilities"])
    # The selected output comes without a type, which joining insists on.
    del network.graph.output[:]
    typed = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", n_labels])
    network.graph.output.append(typed)
    network = _plain(compose.add_prefix(network, "network/"))
    front = _plain(_front(fitted, frames, spec.coefficients))
    joined = compose.merge_models(front, network, io_map=[("scaled", "network/flat")])
    graph = compose.merge_models(
        joined, _plain(_back(n_labels, temperature)), io_map=[("network/probabilities", "uncalibrated")]
    )
    graph = _plain(graph)
    graph.producer_name = "aec"
    onnx.checker.check_model(graph)
    return graph


def _front(fitted: FittedMlp, frames: int, coefficients: int) -> onnx.ModelProto:
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
        "mean": np.asarray(fitted.scaler.mean_, dtype=np.float32)[None, :],
        "scale": np.asarray(fitted.scaler.scale_, dtype=np.float32)[None, :],
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
    inputs = [
        helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", "time", coefficients]),
        helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
    ]
    outputs = [helper.make_tensor_value_info("scaled", TensorProto.FLOAT, ["batch", size])]
    return _model("front", nodes, inputs, outputs, constants)


def _back(n_labels: int, temperature: float) -> onnx.ModelProto:
    constants: dict[str, np.ndarray] = {
        "tiny": np.array(_TINY),
        "one": np.ones((), dtype=np.float32),
        "temperature": np.array(temperature, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Clip", ["uncalibrated", "tiny", "one"], ["positive"]),
        helper.make_node("Log", ["positive"], ["logarithms"]),
        helper.make_node("Div", ["logarithms", "temperature"], ["cooled"]),
        helper.make_node("Softmax", ["cooled"], ["probabilities"], axis=-1),
    ]
    inputs = [helper.make_tensor_value_info("uncalibrated", TensorProto.FLOAT, ["batch", n_labels])]
    outputs = [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", n_labels])]
    return _model("back", nodes, inputs, outputs, constants)


def _model(
    name: str,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: dict[str, np.ndarray],
) -> onnx.ModelProto:
    tensors = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, initializer=tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])


def _plain(model: onnx.ModelProto) -> onnx.ModelProto:
    # Parts are joined only if they agree on these; the pruned network needs no second operator set any more.
    model.ir_version = IR_VERSION
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", OPSET))
    return model


def keep_mlp(
    path: Path,
    fitted: FittedMlp,
    spec: FeatureSpec,
    check_on: tuple[FeatureFile, np.ndarray],
    card: ModelCard,
) -> ModelCard:
    """Write a trained MLP as a model file, after its answers were held against scikit-learn's.

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
        The file's answers differ by more than 1e-5; nothing is kept then.
    """
    aside = path.with_name(f".{path.name}.unchecked")
    try:
        saved = save_model(aside, to_graph(fitted, spec, card.temperature), card)
        features, rows = check_on
        matrix = features.read(rows)
        lengths = np.full(len(rows), matrix.shape[1], dtype=np.int64)
        answers = load_model(aside).predict(matrix, lengths)
        wanted = apply_temperature(fitted.predict(features, rows), card.temperature)
        difference = float(np.abs(answers - wanted).max())
        if not difference <= TOLERANCE:
            raise TrainingError(
                f"the model file's answers differ from scikit-learn's by {difference:.1e}",
                f"at most {TOLERANCE:.0e} is expected",
                "Please report this, with the versions of skl2onnx and onnxruntime",
            )
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return saved


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that had a part in a trained model."""
    return {name: version(name) for name in ("numpy", "scipy", "scikit-learn", "skl2onnx", "onnx", "onnxruntime")}
