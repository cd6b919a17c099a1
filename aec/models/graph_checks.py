"""What a graph may hold, decided from its bytes alone, before onnxruntime sees any of them.

A model comes from a stranger. Three things are shown in turn: the bytes unpack into few parts (`parse_model`), the
parts are plain ones (`check_structure`, `check_interface`), and no tensor on the way from features to probabilities
is huge, whatever the graph computes on shapes (`ShapePlan`). A shape that cannot be told beforehand is refused: a
file of 164 bytes can otherwise make onnxruntime allocate gigabytes.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import onnx
from google.protobuf.descriptor import Descriptor, FieldDescriptor  # type: ignore[import-untyped, unused-ignore]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped, unused-ignore]
from onnx import numpy_helper, shape_inference

from aec.errors import ModelFileError
from aec.features import FeatureSpec

MAX_PARTS = 200_000
MAX_NODES = 5_000
MAX_ITEMS = 64  # inputs or outputs of a node, values of an attribute, numbers that are followed through the graph
MAX_RANK = 8
MAX_ELEMENTS = 2**25
MAX_TOTAL_BYTES = 2**29
# Multiplications for a clip of up to `PROBE_FRAMES` frames, and in proportion for longer ones: at worst some seconds.
MAX_WORK = 3 * 10**9
STEP_WORK = 10_000  # what a step of a recurrent layer costs, however small the layer
PROBE_FRAMES = 500
# What the oldest onnxruntime that is supported runs.
MIN_OPSET, MAX_OPSET = 13, 22
MIN_IR, MAX_IR = 7, 10

_OPERATOR_NAMES = """
    Abs Add Ceil Clip Div Elu Erf Exp Floor Gelu HardSigmoid HardSwish LeakyRelu Log LogSoftmax Max Mean Min Mod Mul
    Neg Pow PRelu Reciprocal Relu Selu Sigmoid Sign Softmax Softplus Sqrt Sub Sum Tanh
    And Equal Greater GreaterOrEqual Less LessOrEqual Not Or Where Xor
    AveragePool BatchNormalization Conv Gemm GlobalAveragePool GlobalMaxPool GroupNormalization GRU
    InstanceNormalization LayerNormalization LSTM MatMul MaxPool ReduceL2 ReduceMax ReduceMean ReduceMin ReduceSum
    Cast CastLike Concat Constant ConstantOfShape CumSum Expand Flatten Gather Identity Pad Range Reshape Shape Slice
    Split Squeeze Transpose Unsqueeze
"""
OPERATORS = frozenset(_OPERATOR_NAMES.split())

ITEM_BYTES: dict[int, int] = {
    onnx.TensorProto.FLOAT: 4,
    onnx.TensorProto.DOUBLE: 8,
    onnx.TensorProto.INT32: 4,
    onnx.TensorProto.INT64: 8,
    onnx.TensorProto.BOOL: 1,
}
_WHOLE: dict[int, type[np.generic]] = {
    onnx.TensorProto.INT32: np.int32,
    onnx.TensorProto.INT64: np.int64,
    onnx.TensorProto.BOOL: np.bool_,
}
_ATTRIBUTE_FIELDS: dict[int, str] = {
    onnx.AttributeProto.FLOAT: "f",
    onnx.AttributeProto.INT: "i",
    onnx.AttributeProto.STRING: "s",
    onnx.AttributeProto.TENSOR: "t",
    onnx.AttributeProto.FLOATS: "floats",
    onnx.AttributeProto.INTS: "ints",
    onnx.AttributeProto.STRINGS: "strings",
}
# The C++ behind onnx and onnxruntime divides by some of these numbers and allocates by others, and has not always
# looked at them first.
_RANGES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("kernel_shape", "strides", "dilations", "group", "num_groups", "hidden_size"), (1, 2**16)),
    **dict.fromkeys(("keepdims", "transA", "transB", "allowzero", "ceil_mode", "linear_before_reset"), (0, 1)),
    **dict.fromkeys(("training_mode", "layout", "storage_order", "input_forget"), (0, 0)),
    **dict.fromkeys(("value_int", "value_ints"), (-(2**63), 2**63 - 1)),
    "num_outputs": (1, MAX_ITEMS),
    "pads": (0, 2**16),
}
_PADDING_WORDS = (b"NOTSET", b"VALID", b"SAME_UPPER", b"SAME_LOWER", b"constant")
_LAYER_WORDS = (b"forward", b"reverse", b"bidirectional", b"Sigmoid", b"Tanh", b"Relu", b"none", b"tanh")
_WORDS = frozenset((*_PADDING_WORDS, *_LAYER_WORDS))
# Their inputs are sizes; onnx and onnxruntime wrap around at different places beyond 64 bits.
_SIZED = frozenset(("ConstantOfShape", "Expand", "Pad", "Range", "Reshape", "Split", "Squeeze", "Unsqueeze"))
_LARGEST_SIZE = 2**31
_SKIPPING = frozenset(("Clip", "GRU", "LSTM", "Pad", "Slice"))  # whose inputs exporters leave out in the middle
_LAYERS = frozenset(("BatchNormalization", "Conv", "GRU", "InstanceNormalization", "LayerNormalization", "LSTM"))
_BY_VALUE = _SIZED | {"Slice", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"}


def _refuse(got: str, expected: str = "", remedy: str = "", kind: str = "unsafe") -> NoReturn:
    raise ModelFileError(got, expected, remedy, kind=kind)


def printable(text: str, longest: int = 150) -> str:
    """Return the first line of a text that strangers have a hand in, without what steers a terminal."""
    line = (text.splitlines() or [""])[0][:longest]
    return "".join(letter if letter.isprintable() else "?" for letter in line).strip()


def parse_model(data: bytes) -> onnx.ModelProto:
    """Unpack the bytes of an ONNX file, after counting what they would unpack into.

    Raises
    ------
    ModelFileError
        `kind` "damaged" for bytes that are no ONNX file or not a whole one, "unsafe" for one of too many parts.
    """
    try:
        _count_parts(memoryview(data))
        model: onnx.ModelProto = onnx.ModelProto.FromString(data)
    except (DecodeError, ValueError, IndexError) as error:
        raise ModelFileError(
            "this is not an ONNX file, or not a whole one", "", "Copy or download it again", kind="damaged"
        ) from error
    return model


def _count_parts(data: memoryview) -> None:
    # Two bytes can unpack into a message of a hundred: 50 MB would become gigabytes.
    parts = 0
    waiting: list[tuple[int, int, Descriptor]] = [(0, len(data), onnx.ModelProto.DESCRIPTOR)]
    while waiting:
        at, end, message = waiting.pop()
        layout = _layout(message)
        while at < end:
            number, start, at = _next_field(data, at)
            if at > end:
                raise ValueError("truncated")
            kind, inner = layout.get(number, ("blob", None))
            parts += 1 + (at - start if kind == "numbers" else 0)
            if parts > MAX_PARTS:
                _refuse("the file holds too many parts", f"at most {MAX_PARTS:,} are accepted")
            if kind == "message":
                waiting.append((start, at, inner))
            elif kind == "text":
                str(data[start:at], "utf-8")


@functools.cache
def _layout(message: Descriptor) -> dict[int, tuple[str, Descriptor | None]]:
    # What the fields of a message hold, by number; asking the descriptors each time would take most of the time.
    kinds = {
        FieldDescriptor.TYPE_MESSAGE: "message",
        FieldDescriptor.TYPE_STRING: "text",
        FieldDescriptor.TYPE_BYTES: "blob",
    }
    return {field.number: (kinds.get(field.type, "numbers"), field.message_type) for field in message.fields}


def _next_field(data: memoryview, at: int) -> tuple[int, int, int]:
    # The field's number (0 for a lone number, which has no content), where its content starts, and where it ends.
    tag, at = _varint(data, at)
    wire = tag & 7
    if wire == 0:
        return 0, at, _varint(data, at)[1]
    if wire in (1, 5):
        return 0, at, at + (8 if wire == 1 else 4)
    if wire != 2:
        raise ValueError("ONNX does not use groups")
    size, at = _varint(data, at)
    return tag >> 3, at, at + size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number of more than ten bytes")


def check_self_contained(model: onnx.ModelProto) -> None:
    """Refuse a model whose weights lie in another file, and one that is more than a graph of plain weights.

    Raises
    ------
    ModelFileError
        `kind` "unsafe".
    """
    if any(t.external_data or t.data_location != onnx.TensorProto.DEFAULT for t in _tensors(model.graph)):
        _refuse("some weights lie in another file", "one file is expected", "Export with external_data=False")
    unusual = [(model, "functions"), (model, "training_info")]
    unusual += [(model.graph, "sparse_initializer"), (model.graph, "quantization_annotation")]
    for part, name in unusual:
        if len(getattr(part, name)):
            _refuse(f"the model holds {name.replace('_', ' ')}", "a plain graph is expected")


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    sparse = list(graph.sparse_initializer)
    yield from graph.initializer
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        sparse += [attribute.sparse_tensor, *attribute.sparse_tensors]
        for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
            yield from _tensors(inner)
    for item in sparse:
        yield from (item.values, item.indices)


def check_structure(model: onnx.ModelProto) -> None:
    """Refuse what a plain network does not need: other files, functions, loops, unusual operators and attributes.

    Raises
    ------
    ModelFileError
        `kind` "unsafe", or "version" for an operator set or file version that is too old or too new.
    """
    check_self_contained(model)
    graph, opset = model.graph, _opset(model)
    if not 1 <= len(graph.node) <= MAX_NODES or len(graph.initializer) > MAX_NODES:
        _refuse(f"the graph has {len(graph.node):,} nodes", f"1 to {MAX_NODES:,} are accepted")
    for tensor in graph.initializer:
        _check_tensor(tensor)
    for node in graph.node:
        _check_node(node, opset)
    _check_wiring(graph)


def _opset(model: onnx.ModelProto) -> int:
    domains = [(entry.domain, entry.version) for entry in model.opset_import]
    if len(domains) != 1 or domains[0][0]:
        _refuse("the graph uses operators from outside the ONNX standard", "the standard ones alone are accepted")
    opset = int(domains[0][1])
    if not MIN_OPSET <= opset <= MAX_OPSET:
        _refuse(f"the operator set is {opset}", f"{MIN_OPSET} to {MAX_OPSET} are accepted", kind="version")
    if not MIN_IR <= model.ir_version <= MAX_IR:
        _refuse(f"the IR version is {model.ir_version}", f"{MIN_IR} to {MAX_IR} are accepted", kind="version")
    return opset


def _check_tensor(tensor: onnx.TensorProto) -> None:
    name, shape = f"the weights {tensor.name[:50]!r}", tuple(tensor.dims)
    item = ITEM_BYTES.get(tensor.data_type)
    if item is None:
        _refuse(f"{name} have the type {tensor.data_type}", "plain numbers are expected")
    elements = _elements(shape)
    typed = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
    if elements * item != len(tensor.raw_data) or any(map(len, typed)) or tensor.string_data:
        _refuse(f"{name} do not fill their shape {shape}")
    if tensor.HasField("segment"):
        _refuse(f"{name} come in segments")


def _elements(shape: Sequence[int]) -> int:
    if len(shape) > MAX_RANK or min(shape, default=0) < 0:
        _refuse(f"a tensor has the shape {tuple(shape[:20])}", f"at most {MAX_RANK} axes are accepted, none below 0")
    count = math.prod(shape)
    if count > MAX_ELEMENTS:
        _refuse(
            f"the graph holds {count:,} numbers at once", f"at most {MAX_ELEMENTS:,} are accepted", kind="too_large"
        )
    return count


def _check_node(node: onnx.NodeProto, opset: int) -> None:
    if node.domain or node.overload or node.op_type not in OPERATORS:
        name = ".".join(part for part in (node.domain, node.op_type) if part)
        _refuse(f"the graph uses the operator {name[:80]!r}", "the operators of a plain network are accepted")
    schema = _schema(node.op_type, opset)
    _check_ports(node, schema)
    names = [attribute.name for attribute in node.attribute]
    if len(set(names)) != len(names):
        _refuse(f"a node {node.op_type} sets an attribute twice")
    for attribute in node.attribute:
        declared = schema.attributes.get(attribute.name)
        if declared is None or int(declared.type) != attribute.type:  # type: ignore[call-overload]  # it is an enum
            _refuse(
                f"a node {node.op_type} has the attribute {attribute.name[:50]!r}", "the standard knows none such"
            )
        _check_attribute(node.op_type, attribute)


def _check_ports(node: onnx.NodeProto, schema: onnx.defs.OpSchema) -> None:
    given = f"a node {node.op_type} has {len(node.input):,} inputs and {len(node.output):,} outputs"
    inputs = range(schema.min_input, min(schema.max_input, MAX_ITEMS) + 1)
    outputs = range(schema.min_output, min(schema.max_output, MAX_ITEMS) + 1)
    if len(node.input) not in inputs or len(node.output) not in outputs:
        _refuse(given, f"{inputs[0]} to {inputs[-1]} and {outputs[0]} to {outputs[-1]} are expected")
    for name, formal in zip(node.input, schema.inputs, strict=False):
        if not name and formal.option != onnx.defs.OpSchema.FormalParameterOption.Optional:
            _refuse(f"{given}, and lacks {formal.name}")
    # Some releases of onnxruntime go through a null pointer where an input is left out like this.
    skips = "" in node.input and (node.op_type not in _SKIPPING or not node.input[-1])
    if skips or ("" in node.output and node.op_type not in ("GRU", "LSTM")):
        _refuse(f"{given}, some without a name")


def _schema(op_type: str, opset: int) -> onnx.defs.OpSchema:
    try:
        return onnx.defs.get_schema(op_type, opset, "")
    except onnx.defs.SchemaError as error:
        got = f"the operator {op_type} is not part of operator set {opset}"
        raise ModelFileError(got, kind="version") from error


def _check_attribute(op_type: str, attribute: onnx.AttributeProto) -> None:
    where = f"the attribute {attribute.name!r} of a node {op_type}"
    field = _ATTRIBUTE_FIELDS.get(attribute.type)
    filled = {entry.name for entry, _ in attribute.ListFields()} - {"name", "type", "doc_string"}
    if field is None or not filled <= {field}:
        _refuse(f"{where} holds a graph or another unusual value", "numbers and words are accepted")
    value = getattr(attribute, field)
    values = list(value) if field in ("floats", "ints", "strings") else [value]
    if len(values) > MAX_ITEMS:
        _refuse(f"{where} has {len(values):,} values", f"at most {MAX_ITEMS} are accepted")
    low, high = _RANGES.get(attribute.name, (-(2**31), 2**31))
    for item in values:
        if isinstance(item, int) and not low <= item <= high:
            _refuse(f"{where} is {item}", f"{low} to {high} is accepted")
        if isinstance(item, bytes) and item not in _WORDS:
            _refuse(f"{where} is {item[:50]!r}")
        if isinstance(item, onnx.TensorProto):
            _check_tensor(item)


def _check_wiring(graph: onnx.GraphProto) -> None:
    known = [entry.name for entry in (*graph.input, *graph.initializer)]
    seen = {"", *known}
    if len(seen) != len(known) + 1:
        _refuse("two tensors of the graph have the same name, or one has none")
    for node in graph.node:
        if missing := [name for name in node.input if name not in seen]:
            _refuse(f"a node {node.op_type} uses {missing[0][:50]!r} before it is computed")
        made = [name for name in node.output if name]
        if len(set(made)) != len(made) or not seen.isdisjoint(made):
            _refuse(f"a node {node.op_type} computes a tensor that exists already")
        seen.update(made)


def check_interface(graph: onnx.GraphProto, spec: FeatureSpec, n_labels: int) -> None:
    """Refuse a graph with other inputs and outputs than every model here has.

    Raises
    ------
    ModelFileError
        `kind` "interface".
    """
    wanted: dict[str, tuple[int, tuple[int, ...]]] = {
        "features": (onnx.TensorProto.FLOAT, (0, 0, spec.coefficients)),
        "lengths": (onnx.TensorProto.INT64, (0,)),
        "probabilities": (onnx.TensorProto.FLOAT, (0, n_labels)),
    }
    inputs, outputs = ([entry.name for entry in entries] for entries in (graph.input, graph.output))
    if sorted(inputs) != ["features", "lengths"] or outputs != ["probabilities"]:
        came, made = (printable(", ".join(names[:5])) for names in (inputs, outputs))
        got = f"the model takes {came} and gives {made}"
        _refuse(got, "features and lengths in, probabilities out are expected", kind="interface")
    for entry in (*graph.input, *graph.output):
        elem_type, shape = wanted[entry.name]
        tensor = entry.type.tensor_type
        sizes = tuple(dim.dim_value for dim in tensor.shape.dim)
        # Some exporters leave the sizes of the output open; `ShapePlan` computes them anyway.
        open_ended = entry.name == "probabilities" and sizes == (0, 0)
        if tensor.elem_type != elem_type or (sizes != shape and not open_ended):
            number = onnx.TensorProto.DataType.Name(elem_type).lower()
            got = f"{entry.name} has the shape {sizes[:MAX_RANK]} and the type {tensor.elem_type}"
            _refuse(got, f"{shape} of {number} is expected, 0 for any size", kind="interface")


@dataclass(frozen=True)
class _Tensor:
    proto: onnx.TypeProto
    shape: tuple[int, ...]
    value: np.ndarray | None = None  # a few whole numbers, where they are known

    @classmethod
    def of(cls, elem_type: int, shape: tuple[int, ...], value: np.ndarray | None = None) -> "_Tensor":
        return cls(onnx.helper.make_tensor_type_proto(elem_type, shape), shape, value)

    @property
    def elem_type(self) -> int:
        return int(self.proto.tensor_type.elem_type)


_Inputs = list[_Tensor | None]


class ShapePlan:
    """The shape of every tensor of a graph for a given number of clips and frames, without computing any of them.

    Nodes are taken one at a time, each by onnx's own rule for its operator, so that the first tensor that is too
    large ends the walk; onnx on a whole graph would follow a doubling chain to its end. Whole numbers that shapes may
    depend on are computed along, few and exactly.

    Parameters
    ----------
    model : onnx.ModelProto
        One that `check_structure` and `check_interface` passed; the weights are not kept.
    spec : FeatureSpec
    n_labels : int
    """

    def __init__(self, model: onnx.ModelProto, spec: FeatureSpec, n_labels: int) -> None:
        opset = _opset(model)
        self._opset_imports = [onnx.helper.make_opsetid("", opset)]
        self._ir_version = model.ir_version
        self._weights = {tensor.name: _weights(tensor) for tensor in model.graph.initializer}
        self._steps = []
        self._constant_bytes = 0
        for node in model.graph.node:
            step = _alone(node), _schema(node.op_type, opset)
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
        """Refuse if a tensor, all of them or the work would be too large for that many clips of so many frames.

        Raises
        ------
        ModelFileError
            `kind` "too_large", "unsafe" where a shape cannot be told, "interface" for an answer of another shape.
        """
        tensors = dict(self._weights)
        tensors["features"] = _Tensor.of(onnx.TensorProto.FLOAT, (batch, time, self._coefficients))
        tensors["lengths"] = _Tensor.of(onnx.TensorProto.INT64, (batch,))
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
                _refuse(got, expected, kind="too_large")
        answer = tensors.get("probabilities")
        wanted = (onnx.TensorProto.FLOAT, (batch, self._n_labels))
        if answer is None or (answer.elem_type, answer.shape) != wanted:
            got = f"the answer has the shape {None if answer is None else answer.shape}"
            _refuse(got, f"{wanted[1]} of float is expected", kind="interface")

    def _outputs(self, node: onnx.NodeProto, schema: onnx.defs.OpSchema, inputs: _Inputs) -> dict[str, _Tensor]:
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
            _refuse(f"a node {node.op_type} does not fit its inputs: {reason}")
        if node.op_type == "GroupNormalization":  # onnx has no rule for it
            inferred = {node.output[0]: types[node.input[0]]}
        outputs = {name: _inferred(node, inferred.get(name)) for name in node.output if name}
        if len(outputs) != 1:
            return outputs
        ((name, out),) = outputs.items()
        return {name: _Tensor(out.proto, out.shape, _value(node, inputs, out))}


def _bytes(tensor: _Tensor) -> int:
    return math.prod(tensor.shape) * ITEM_BYTES[tensor.elem_type]


def _alone(node: onnx.NodeProto) -> onnx.NodeProto:
    # A part of a message keeps the whole message in memory, weights included.
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy


def _known(tensors: dict[str, _Tensor]) -> dict[str, onnx.TensorProto]:
    return {name: numpy_helper.from_array(t.value, name) for name, t in tensors.items() if t.value is not None}


def _weights(tensor: onnx.TensorProto) -> _Tensor:
    shape = tuple(tensor.dims)
    few = tensor.data_type in _WHOLE and math.prod(shape) <= MAX_ITEMS
    return _Tensor.of(tensor.data_type, shape, numpy_helper.to_array(tensor) if few else None)


def _inferred(node: onnx.NodeProto, proto: onnx.TypeProto | None) -> _Tensor:
    tensor = (proto or onnx.TypeProto()).tensor_type
    if not tensor.HasField("shape") or not all(dim.HasField("dim_value") for dim in tensor.shape.dim):
        _refuse(
            f"the size of what a node {node.op_type} computes cannot be told beforehand",
            "sizes that depend on the numbers of clips and frames alone are accepted",
        )
    if tensor.elem_type not in ITEM_BYTES:
        _refuse(f"a node {node.op_type} computes the type {tensor.elem_type}", "plain numbers are expected")
    shape = tuple(dim.dim_value for dim in tensor.shape.dim)
    if _elements(shape) == 0:
        # onnxruntime divides by zero on some of these, and ends the process.
        _refuse(f"a node {node.op_type} has nothing to compute", "clips of more frames are expected")
    return _Tensor(proto or onnx.TypeProto(), shape)


def _check_values(node: onnx.NodeProto, inputs: _Inputs) -> None:
    sizes = inputs[3:] if node.op_type == "Slice" else inputs if node.op_type in _SIZED else []
    if any(tensor is not None and _is_beyond(tensor.value) for tensor in sizes):
        _refuse(f"a node {node.op_type} is given sizes beyond all measure")
    second = inputs[1] if len(inputs) > 1 else None
    if second is None:
        return
    # Whole numbers divided by zero have ended the whole process in some releases of onnxruntime.
    divides = node.op_type in ("Div", "Mod") and second.elem_type in _WHOLE
    if divides and (second.value is None or not np.all(second.value > 0)):
        _refuse("whole numbers are divided by something that may be zero")
    step = inputs[2] if node.op_type == "Range" else None
    if step is not None and step.value is not None and not np.all(step.value):
        _refuse("a node Range has no step")
    if node.op_type == "Pad" and second.value is not None and np.any(second.value < 0):
        _refuse("a node Pad cuts instead of padding", "Slice is expected")


def _check_layer(node: onnx.NodeProto, inputs: _Inputs) -> None:
    # onnx does not compare these shapes with the first input's, and some releases of onnxruntime read beyond the end
    # of an LSTM's weights, or end the process.
    if node.op_type not in _LAYERS or inputs[0] is None:
        return
    first = inputs[0].shape
    fewest = {"LayerNormalization": 1, "BatchNormalization": 2}.get(node.op_type, 3)
    if len(first) < fewest:
        _refuse(f"a node {node.op_type} is given the shape {first}", f"{fewest} axes or more are expected")
    for tensor, wanted in zip(inputs[1:], _layer_shapes(node, first, inputs[1]), strict=False):
        if tensor is not None and tensor.shape != wanted:
            _refuse(f"a node {node.op_type} has weights of the shape {tensor.shape}", f"{wanted} is expected")


def _layer_shapes(node: onnx.NodeProto, first: tuple[int, ...], second: _Tensor | None) -> list[tuple[int, ...]]:
    # The shapes of the second and all further inputs.
    if node.op_type == "Conv":
        weights = second.shape if second is not None and len(second.shape) == len(first) else (0,) * len(first)
        groups, kernel = _integer(node, "group", 1), _integers(node, "kernel_shape") or weights[2:]
        filters = groups * (weights[0] // groups)
        return [(filters, first[1] // groups if first[1] % groups == 0 else -1, *kernel), (filters,)]
    if node.op_type in ("GRU", "LSTM"):
        hidden = _integer(node, "hidden_size", 0)
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
        return [first[_integer(node, "axis", -1) :]] * 2
    return [first[1:2]] * 4


def _is_beyond(value: np.ndarray | None) -> bool:
    if value is None or value.dtype == np.bool_:
        return False
    return bool(np.any((value > _LARGEST_SIZE) | (value < -_LARGEST_SIZE)))


def _work(node: onnx.NodeProto, inputs: _Inputs, outputs: list[_Tensor]) -> int:
    # Multiplications of the costly layers; elsewhere each number read or written counts as one.
    shapes = [tensor.shape for tensor in inputs if tensor is not None]
    made = sum(math.prod(out.shape) for out in outputs)
    match node.op_type:
        case "MatMul":
            return made * shapes[0][-1]
        case "Gemm":
            return made * shapes[0][0 if _integer(node, "transA", 0) else 1]
        case "Conv":
            return made * math.prod(shapes[1][1:])
        case "MaxPool" | "AveragePool":
            return made * math.prod(_integers(node, "kernel_shape"))
        case "GRU" | "LSTM":
            clips_and_steps = math.prod(shapes[0][:2])
            return clips_and_steps * (math.prod(shapes[1]) + math.prod(shapes[2])) + shapes[0][0] * STEP_WORK
    return made + sum(map(math.prod, shapes))


def _scratch_bytes(node: onnx.NodeProto, inputs: _Inputs) -> int:
    # Recurrent layers compute the gates of all steps at once, whatever of it they give out.
    if node.op_type not in ("GRU", "LSTM") or inputs[0] is None or inputs[1] is None:
        return 0
    return ITEM_BYTES[inputs[0].elem_type] * _elements((*inputs[0].shape[:2], *inputs[1].shape[:2]))


def _integers(node: onnx.NodeProto, name: str) -> list[int]:
    return [int(item) for attribute in node.attribute if attribute.name == name for item in attribute.ints]


def _integer(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), default)


def _quotient(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    # onnxruntime cuts towards zero, numpy rounds down.
    quotient: np.ndarray = np.sign(a) * (np.abs(a) // b)
    return quotient


_ARITHMETIC: dict[str, Callable[..., np.ndarray]] = {
    "Abs": np.abs,
    "Add": np.add,
    "And": np.logical_and,
    "Div": _quotient,
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterOrEqual": np.greater_equal,
    "Less": np.less,
    "LessOrEqual": np.less_equal,
    "Max": lambda *values: functools.reduce(np.maximum, values),
    "Min": lambda *values: functools.reduce(np.minimum, values),
    "Mod": np.mod,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Not": np.logical_not,
    "Or": np.logical_or,
    "Sub": np.subtract,
    "Xor": np.logical_xor,
}


def _value(node: onnx.NodeProto, inputs: _Inputs, out: _Tensor) -> np.ndarray | None:
    # None is always a safe answer: a shape that depends on it is refused.
    dtype = _WHOLE.get(out.elem_type)
    if dtype is None or math.prod(out.shape) > MAX_ITEMS:
        return None
    try:
        value = _computed(node, inputs, out.shape)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    if value is None or value.shape != out.shape:
        return None
    cast = value.astype(dtype)
    return cast if dtype is np.bool_ or np.array_equal(cast, value) else None


def _computed(node: onnx.NodeProto, inputs: _Inputs, shape: tuple[int, ...]) -> np.ndarray | None:
    if node.op_type == "Shape" and inputs[0] is not None:
        sizes = inputs[0].shape
        return np.array(sizes[_integer(node, "start", 0) : _integer(node, "end", len(sizes))], dtype=np.int64)
    if node.op_type in ("Constant", "ConstantOfShape"):
        return _filled(node, shape)
    needed = inputs[:1] if node.op_type == "CastLike" else inputs
    values = [tensor.value for tensor in needed if tensor is not None and tensor.value is not None]
    if len(values) != len(needed):
        return None
    if node.op_type not in _ARITHMETIC:
        return _moved(node, values, shape)
    if any(map(_is_beyond, values)):  # a product could wrap around
        return None
    wide = [value if value.dtype == np.bool_ else value.astype(np.int64) for value in values]
    return _ARITHMETIC[node.op_type](*wide)


def _filled(node: onnx.NodeProto, shape: tuple[int, ...]) -> np.ndarray | None:
    if not node.attribute:
        return None
    value = onnx.helper.get_attribute_value(node.attribute[0])
    array = numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else np.array(value)
    return array if node.op_type == "Constant" else np.full(shape, array.item())


def _moved(node: onnx.NodeProto, values: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray | None:
    match node.op_type:
        case "Cast" | "CastLike" | "Flatten" | "Identity" | "Reshape" | "Squeeze" | "Unsqueeze":
            return values[0].reshape(shape)
        case "Concat":
            return np.concatenate(values, axis=_integer(node, "axis", 0))
        case "Expand":
            return np.broadcast_to(values[0], shape)
        case "Gather":
            return np.take(values[0], values[1], axis=_integer(node, "axis", 0))
        case "Range":
            return np.asarray(values[0] + values[2] * np.arange(shape[0]))
        case "Slice" if values[0].ndim == 1 and all(np.all(step == 1) for step in values[4:]):
            return values[0][int(values[1].item()) : int(values[2].item())]
        case "Where":
            return np.where(values[0], values[1], values[2])
    return None
