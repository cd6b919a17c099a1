"""Shapes, memory and work of a graph, computed without running it.

A shape that cannot be computed beforehand is refused: a file of 164 bytes can otherwise make onnxruntime allocate
gigabytes.
"""

import math

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference

from aec.features import FeatureSpec
from aec.models.graph_limits import (
    INTEGER_TYPES,
    ITEM_BYTES,
    MAX_ITEMS,
    MAX_TOTAL_BYTES,
    MAX_WORK,
    PROBE_FRAMES,
    STEP_WORK,
    element_count,
    integer_attribute,
    integer_list,
    operator_schema,
    opset_of,
    printable,
    refuse,
)
from aec.models.graph_values import GraphTensor, Inputs, is_huge, value_of

# Operators whose inputs are sizes.
_SIZED = frozenset(("ConstantOfShape", "Expand", "Pad", "Range", "Reshape", "Split", "Squeeze", "Unsqueeze"))
_LAYERS = frozenset(("BatchNormalization", "Conv", "GRU", "InstanceNormalization", "LayerNormalization", "LSTM"))
_BY_VALUE = _SIZED | {"Slice", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"}


class ShapePlan:
    """Shapes of all tensors of a graph for given numbers of clips and frames.

    The shapes of one node after another are inferred by onnx's rule for its operator, so that the first tensor that
    is too large ends the walk; onnx on a whole graph would follow a doubling chain to its end. Small integer tensors,
    on which shapes may depend, are evaluated exactly.

    Parameters
    ----------
    model : onnx.ModelProto
        Passed by `check_structure` and `check_interface`; the weights are not kept.
    spec : FeatureSpec
    n_labels : int
    """

    def __init__(self, model: onnx.ModelProto, spec: FeatureSpec, n_labels: int) -> None:
        opset = opset_of(model)
        self._opset_imports = [onnx.helper.make_opsetid("", opset)]
        self._ir_version = model.ir_version
        self._weights = {tensor.name: _weights(tensor) for tensor in model.graph.initializer}
        self._steps = []
        self._constant_bytes = 0
        for node in model.graph.node:
            step = _copy(node), operator_schema(node.op_type, opset)
            if node.op_type == "Constant":
                # The same for any number of clips and frames; large graphs hold hundreds of them.
                constants = self._outputs(*step, [])
                self._weights.update(constants)
                self._constant_bytes += sum(map(_bytes, constants.values()))
            else:
                self._steps.append(step)
        self._coefficients = spec.coefficients
        self._n_labels = n_labels

    def check(self, batch: int, time: int) -> None:
        """Refuse too much memory or work for that many clips of so many frames.

        Raises
        ------
        ModelFileError
            `kind` "too_large", "unsafe" where a shape is not known, "interface" for an output of another shape.
        """
        tensors = dict(self._weights)
        tensors["features"] = GraphTensor.of(onnx.TensorProto.FLOAT, (batch, time, self._coefficients))
        tensors["lengths"] = GraphTensor.of(onnx.TensorProto.INT64, (batch,))
        total_bytes, work = self._constant_bytes, 0
        most_work = MAX_WORK * batch * max(1.0, time / PROBE_FRAMES)
        for node, schema in self._steps:
            inputs = [tensors.get(name) for name in node.input]
            outputs = self._outputs(node, schema, inputs)
            tensors.update(outputs)
            total_bytes += sum(map(_bytes, outputs.values()))
            total_bytes += _scratch_bytes(node, inputs)
            work += _work(node, inputs, list(outputs.values()))
            if total_bytes > MAX_TOTAL_BYTES or work > most_work:
                got = f"the model computes too much for {batch} clips of {time} frames"
                expected = (
                    f"at most {MAX_TOTAL_BYTES >> 20} MB and {MAX_WORK:.0e} multiplications a clip are accepted"
                )
                refuse(got, expected, kind="too_large")
        output = tensors.get("probabilities")
        wanted = (onnx.TensorProto.FLOAT, (batch, self._n_labels))
        if output is None or (output.elem_type, output.shape) != wanted:
            got = f"the output has the shape {None if output is None else output.shape}"
            refuse(got, f"{wanted[1]} of float is expected", kind="interface")

    def _outputs(self, node: onnx.NodeProto, schema: onnx.defs.OpSchema, inputs: Inputs) -> dict[str, GraphTensor]:
        _check_values(node, inputs)
        _check_layer(node, inputs)
        named = {name: tensor for name, tensor in zip(node.input, inputs, strict=True) if tensor is not None}
        types = {name: tensor.proto for name, tensor in named.items()}
        values = _known(named) if node.op_type in _BY_VALUE else {}
        try:
            inferred = shape_inference.infer_node_outputs(
                schema, node, types, values, opset_imports=self._opset_imports, ir_version=self._ir_version
            )
        except Exception as error:  # noqa: BLE001 - the C++ raises several unrelated classes, MemoryError included
            reason = printable(str(error) or type(error).__name__)
            refuse(f"a node {node.op_type} does not fit its inputs: {reason}")
        if node.op_type == "GroupNormalization":  # onnx has no rule for it
            inferred = {node.output[0]: types[node.input[0]]}
        outputs = {name: _inferred(node, inferred.get(name)) for name in node.output if name}
        if len(outputs) != 1:
            return outputs
        ((name, out),) = outputs.items()
        return {name: GraphTensor(out.proto, out.shape, value_of(node, inputs, out))}


def _bytes(tensor: GraphTensor) -> int:
    return math.prod(tensor.shape) * ITEM_BYTES[tensor.elem_type]


def _copy(node: onnx.NodeProto) -> onnx.NodeProto:
    # A part of a message keeps the whole message in memory, weights included.
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def _known(tensors: dict[str, GraphTensor]) -> dict[str, onnx.TensorProto]:
    return {name: numpy_helper.from_array(t.value, name) for name, t in tensors.items() if t.value is not None}


def _weights(tensor: onnx.TensorProto) -> GraphTensor:
    shape = tuple(tensor.dims)
    few = tensor.data_type in INTEGER_TYPES and math.prod(shape) <= MAX_ITEMS
    return GraphTensor.of(tensor.data_type, shape, numpy_helper.to_array(tensor) if few else None)


def _inferred(node: onnx.NodeProto, proto: onnx.TypeProto | None) -> GraphTensor:
    tensor = (proto or onnx.TypeProto()).tensor_type
    if not tensor.HasField("shape") or not all(dim.HasField("dim_value") for dim in tensor.shape.dim):
        refuse(
            f"the size of what a node {node.op_type} computes is not known beforehand",
            "sizes that depend on the numbers of clips and frames alone are accepted",
        )
    if tensor.elem_type not in ITEM_BYTES:
        refuse(f"a node {node.op_type} computes the type {tensor.elem_type}", "plain numbers are expected")
    shape = tuple(dim.dim_value for dim in tensor.shape.dim)
    if element_count(shape) == 0:
        # onnxruntime divides by zero on some of these, and ends the process.
        refuse(f"a node {node.op_type} has nothing to compute", "clips of more frames are expected")
    return GraphTensor(proto or onnx.TypeProto(), shape)


def _check_values(node: onnx.NodeProto, inputs: Inputs) -> None:
    sizes = inputs[3:] if node.op_type == "Slice" else inputs if node.op_type in _SIZED else []
    if any(tensor is not None and is_huge(tensor.value) for tensor in sizes):
        refuse(f"a node {node.op_type} gets sizes of more than 32 bits")
    second = inputs[1] if len(inputs) > 1 else None
    if second is None:
        return
    # Whole numbers divided by zero have ended the whole process in some releases of onnxruntime.
    divides = node.op_type in ("Div", "Mod") and second.elem_type in INTEGER_TYPES
    if divides and (second.value is None or not np.all(second.value > 0)):
        refuse("whole numbers are divided by something that may be zero")
    step = inputs[2] if node.op_type == "Range" else None
    if step is not None and step.value is not None and not np.all(step.value):
        refuse("a node Range has no step")
    if node.op_type == "Pad" and second.value is not None and np.any(second.value < 0):
        refuse("a node Pad cuts instead of padding", "Slice is expected")


def _check_layer(node: onnx.NodeProto, inputs: Inputs) -> None:
    # onnx does not compare these shapes with the first input's, and some releases of onnxruntime read beyond the end
    # of an LSTM's weights, or end the process.
    if node.op_type not in _LAYERS or inputs[0] is None:
        return
    first = inputs[0].shape
    fewest = {"LayerNormalization": 1, "BatchNormalization": 2}.get(node.op_type, 3)
    if len(first) < fewest:
        refuse(f"a node {node.op_type} is given the shape {first}", f"{fewest} axes or more are expected")
    for tensor, wanted in zip(inputs[1:], _layer_shapes(node, first, inputs[1]), strict=False):
        if tensor is not None and tensor.shape != wanted:
            refuse(f"a node {node.op_type} has weights of the shape {tensor.shape}", f"{wanted} is expected")


def _layer_shapes(node: onnx.NodeProto, first: tuple[int, ...], second: GraphTensor | None) -> list[tuple[int, ...]]:
    # The shapes of the second and all further inputs.
    if node.op_type == "Conv":
        weights = second.shape if second is not None and len(second.shape) == len(first) else (0,) * len(first)
        groups, kernel = integer_attribute(node, "group", 1), integer_list(node, "kernel_shape") or weights[2:]
        filters = groups * (weights[0] // groups)
        return [(filters, first[1] // groups if first[1] % groups == 0 else -1, *kernel), (filters,)]
    if node.op_type in ("GRU", "LSTM"):
        hidden = integer_attribute(node, "hidden_size", 0)
        ways = 2 if any(attribute.s == b"bidirectional" for attribute in node.attribute) else 1
        gates, state = hidden * (3 if node.op_type == "GRU" else 4), (ways, first[1], hidden)
        return [
            (ways, gates, first[2]),
            (ways, gates, hidden),
            (ways, 2 * gates),
            first[1:2],
            state,
            state,
            (ways, 3 * hidden),
        ]
    if node.op_type == "LayerNormalization":
        return [first[integer_attribute(node, "axis", -1) :]] * 2
    return [first[1:2]] * 4


def _work(node: onnx.NodeProto, inputs: Inputs, outputs: list[GraphTensor]) -> int:
    # Multiplications of the costly layers; elsewhere each number read or written counts as one.
    shapes = [tensor.shape for tensor in inputs if tensor is not None]
    made = sum(math.prod(out.shape) for out in outputs)
    match node.op_type:
        case "MatMul":
            return made * shapes[0][-1]
        case "Gemm":
            return made * shapes[0][0 if integer_attribute(node, "transA", 0) else 1]
        case "Conv":
            return made * math.prod(shapes[1][1:])
        case "MaxPool" | "AveragePool":
            return made * math.prod(integer_list(node, "kernel_shape"))
        case "GRU" | "LSTM":
            clips_and_steps = math.prod(shapes[0][:2])
            return clips_and_steps * (math.prod(shapes[1]) + math.prod(shapes[2])) + shapes[0][0] * STEP_WORK
    return made + sum(map(math.prod, shapes))


def _scratch_bytes(node: onnx.NodeProto, inputs: Inputs) -> int:
    # Recurrent layers compute the gates of all steps at once, whatever they output.
    if node.op_type not in ("GRU", "LSTM") or inputs[0] is None or inputs[1] is None:
        return 0
    return ITEM_BYTES[inputs[0].elem_type] * element_count((*inputs[0].shape[:2], *inputs[1].shape[:2]))
