"""Allowed structure of a graph: operators, attributes, weights, connections."""

import onnx

from aec.features import FeatureSpec
from aec.models.graph_limits import (
    ITEM_BYTES,
    MAX_ITEMS,
    MAX_NODES,
    MAX_RANK,
    element_count,
    operator_schema,
    opset_of,
    printable,
    refuse,
)
from aec.models.graph_parsing import check_self_contained

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
_SKIPPING = frozenset(("Clip", "GRU", "LSTM", "Pad", "Slice"))  # whose inputs exporters leave out in the middle


def check_structure(model: onnx.ModelProto) -> None:
    """Refuse a structure that no plain network needs.

    That is other files, functions, loops, unusual operators and attributes.

    Raises
    ------
    ModelFileError
        `kind` "unsafe", or "version" for an operator set or file version that is too old or too new.
    """
    check_self_contained(model)
    graph, opset = model.graph, opset_of(model)
    if not 1 <= len(graph.node) <= MAX_NODES or len(graph.initializer) > MAX_NODES:
        refuse(f"the graph has {len(graph.node):,} nodes", f"1 to {MAX_NODES:,} are accepted")
    for tensor in graph.initializer:
        _check_tensor(tensor)
    for node in graph.node:
        _check_node(node, opset)
    _check_wiring(graph)


def _check_tensor(tensor: onnx.TensorProto) -> None:
    name, shape = f"the weights {tensor.name[:50]!r}", tuple(tensor.dims)
    item = ITEM_BYTES.get(tensor.data_type)
    if item is None:
        refuse(f"{name} have the type {tensor.data_type}", "plain numbers are expected")
    elements = element_count(shape)
    typed = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
    if elements * item != len(tensor.raw_data) or any(map(len, typed)) or tensor.string_data:
        refuse(f"{name} do not fill their shape {shape}")
    if tensor.HasField("segment"):
        refuse(f"{name} come in segments")


def _check_node(node: onnx.NodeProto, opset: int) -> None:
    if node.domain or node.overload or node.op_type not in OPERATORS:
        name = ".".join(part for part in (node.domain, node.op_type) if part)
        refuse(f"the graph uses the operator {name[:80]!r}", "the operators of a plain network are accepted")
    schema = operator_schema(node.op_type, opset)
    _check_ports(node, schema)
    names = [attribute.name for attribute in node.attribute]
    if len(set(names)) != len(names):
        refuse(f"a node {node.op_type} sets an attribute twice")
    for attribute in node.attribute:
        declared = schema.attributes.get(attribute.name)
        if declared is None or int(declared.type) != attribute.type:  # type: ignore[call-overload]  # it is an enum
            refuse(
                f"a node {node.op_type} has the attribute {attribute.name[:50]!r}",
                "the standard has no such attribute",
            )
        _check_attribute(node.op_type, attribute)


def _check_ports(node: onnx.NodeProto, schema: onnx.defs.OpSchema) -> None:
    given = f"a node {node.op_type} has {len(node.input):,} inputs and {len(node.output):,} outputs"
    inputs = range(schema.min_input, min(schema.max_input, MAX_ITEMS) + 1)
    outputs = range(schema.min_output, min(schema.max_output, MAX_ITEMS) + 1)
    if len(node.input) not in inputs or len(node.output) not in outputs:
        refuse(given, f"{inputs[0]} to {inputs[-1]} and {outputs[0]} to {outputs[-1]} are expected")
    for name, formal in zip(node.input, schema.inputs, strict=False):
        if not name and formal.option != onnx.defs.OpSchema.FormalParameterOption.Optional:
            refuse(f"{given}, and lacks {formal.name}")
    # Some releases of onnxruntime go through a null pointer where an input is left out like this.
    skips = "" in node.input and (node.op_type not in _SKIPPING or not node.input[-1])
    if skips or ("" in node.output and node.op_type not in ("GRU", "LSTM")):
        refuse(f"{given}, some without a name")


def _check_attribute(op_type: str, attribute: onnx.AttributeProto) -> None:
    where = f"the attribute {attribute.name!r} of a node {op_type}"
    field = _ATTRIBUTE_FIELDS.get(attribute.type)
    filled = {entry.name for entry, _ in attribute.ListFields()} - {"name", "type", "doc_string"}
    if field is None or not filled <= {field}:
        refuse(f"{where} holds a graph or another unusual value", "numbers and words are accepted")
    value = getattr(attribute, field)
    values = list(value) if field in ("floats", "ints", "strings") else [value]
    if len(values) > MAX_ITEMS:
        refuse(f"{where} has {len(values):,} values", f"at most {MAX_ITEMS} are accepted")
    low, high = _RANGES.get(attribute.name, (-(2**31), 2**31))
    for item in values:
        if isinstance(item, int) and not low <= item <= high:
            refuse(f"{where} is {item}", f"{low} to {high} is accepted")
        if isinstance(item, bytes) and item not in _WORDS:
            refuse(f"{where} is {item[:50]!r}")
        if isinstance(item, onnx.TensorProto):
            _check_tensor(item)


def _check_wiring(graph: onnx.GraphProto) -> None:
    known = [entry.name for entry in (*graph.input, *graph.initializer)]
    seen = {"", *known}
    if len(seen) != len(known) + 1:
        refuse("two tensors of the graph have the same name, or one has none")
    for node in graph.node:
        if missing := [name for name in node.input if name not in seen]:
            refuse(f"a node {node.op_type} uses {missing[0][:50]!r} before it is computed")
        made = [name for name in node.output if name]
        if len(set(made)) != len(made) or not seen.isdisjoint(made):
            refuse(f"a node {node.op_type} computes a tensor that exists already")
        seen.update(made)


def check_interface(graph: onnx.GraphProto, spec: FeatureSpec, n_labels: int) -> None:
    """Refuse a graph with other inputs or outputs than those of a model file.

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
        got = f"the model has the inputs {came} and the outputs {made}"
        refuse(got, "features and lengths in, probabilities out are expected", kind="interface")
    for entry in (*graph.input, *graph.output):
        elem_type, shape = wanted[entry.name]
        tensor = entry.type.tensor_type
        sizes = tuple(dim.dim_value for dim in tensor.shape.dim)
        # Some exporters leave the sizes of the output open; `ShapePlan` computes them anyway.
        open_ended = entry.name == "probabilities" and sizes == (0, 0)
        if tensor.elem_type != elem_type or (sizes != shape and not open_ended):
            number = onnx.TensorProto.DataType.Name(elem_type).lower()
            got = f"{entry.name} has the shape {sizes[:MAX_RANK]} and the type {tensor.elem_type}"
            refuse(got, f"{shape} of {number} is expected, 0 for any size", kind="interface")
