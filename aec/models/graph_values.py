"""Values of the small integer tensors of a graph, on which its shapes depend."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import numpy_helper

from aec.models.graph_limits import INTEGER_TYPES, MAX_ITEMS, integer_attribute


@dataclass(frozen=True)
class GraphTensor:
    """Type and shape of a tensor; its value where it is small, integer and known."""

    proto: onnx.TypeProto
    shape: tuple[int, ...]
    value: np.ndarray | None = None

    @classmethod
    def of(cls, elem_type: int, shape: tuple[int, ...], value: np.ndarray | None = None) -> "GraphTensor":
        """Return a tensor of an element type (`onnx.TensorProto`) and a shape."""
        return cls(onnx.helper.make_tensor_type_proto(elem_type, shape), shape, value)

    @property
    def elem_type(self) -> int:
        """A value of `onnx.TensorProto.DataType`."""
        return int(self.proto.tensor_type.elem_type)


Inputs = list[GraphTensor | None]


# onnx and onnxruntime wrap around at different places beyond 64 bits.
LARGEST_SIZE = 2**31


def is_huge(value: np.ndarray | None) -> bool:
    """Return whether some number is beyond 32 bits."""
    if value is None or value.dtype == np.bool_:
        return False
    return bool(np.any((value > LARGEST_SIZE) | (value < -LARGEST_SIZE)))


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


def value_of(node: onnx.NodeProto, inputs: Inputs, out: GraphTensor) -> np.ndarray | None:
    """Return the value of a node's output, if it is small, integer and known.

    None is always safe: a shape that depends on it is refused.
    """
    dtype = INTEGER_TYPES.get(out.elem_type)
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


def _computed(node: onnx.NodeProto, inputs: Inputs, shape: tuple[int, ...]) -> np.ndarray | None:
    if node.op_type == "Shape" and inputs[0] is not None:
        sizes = inputs[0].shape
        start, end = integer_attribute(node, "start", 0), integer_attribute(node, "end", len(sizes))
        return np.array(sizes[start:end], dtype=np.int64)
    if node.op_type in ("Constant", "ConstantOfShape"):
        return _filled(node, shape)
    needed = inputs[:1] if node.op_type == "CastLike" else inputs
    values = [tensor.value for tensor in needed if tensor is not None and tensor.value is not None]
    if len(values) != len(needed):
        return None
    if node.op_type not in _ARITHMETIC:
        return _moved(node, values, shape)
    if any(map(is_huge, values)):  # a product could wrap around
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
            return np.concatenate(values, axis=integer_attribute(node, "axis", 0))
        case "Expand":
            return np.broadcast_to(values[0], shape)
        case "Gather":
            return np.take(values[0], values[1], axis=integer_attribute(node, "axis", 0))
        case "Range":
            return np.asarray(values[0] + values[2] * np.arange(shape[0]))
        case "Slice" if values[0].ndim == 1 and all(np.all(step == 1) for step in values[4:]):
            return values[0][int(values[1].item()) : int(values[2].item())]
        case "Where":
            return np.where(values[0], values[1], values[2])
    return None
