"""Limits of a graph, and helpers that its checks share."""

import math
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import onnx

from aec.errors import ModelFileError

MAX_PARTS = 200_000
MAX_NODES = 5_000
MAX_ITEMS = 64  # inputs or outputs of a node, values of an attribute, elements of an integer tensor that is evaluated
MAX_RANK = 8
MAX_ELEMENTS = 2**25
MAX_TOTAL_BYTES = 2**29
# Multiplications for a clip of up to `PROBE_FRAMES` frames, and in proportion for longer ones: at worst some seconds.
MAX_WORK = 3 * 10**9
STEP_WORK = 10_000  # cost of a step of a recurrent layer, however small
PROBE_FRAMES = 500
# Supported by the oldest onnxruntime that this package supports.
MIN_OPSET, MAX_OPSET = 13, 22
MIN_IR, MAX_IR = 7, 10

ITEM_BYTES: dict[int, int] = {
    onnx.TensorProto.FLOAT: 4,
    onnx.TensorProto.DOUBLE: 8,
    onnx.TensorProto.INT32: 4,
    onnx.TensorProto.INT64: 8,
    onnx.TensorProto.BOOL: 1,
}
INTEGER_TYPES: dict[int, type[np.generic]] = {
    onnx.TensorProto.INT32: np.int32,
    onnx.TensorProto.INT64: np.int64,
    onnx.TensorProto.BOOL: np.bool_,
}


def refuse(got: str, expected: str = "", remedy: str = "", kind: str = "unsafe") -> NoReturn:
    """Raise a ModelFileError."""
    raise ModelFileError(got, expected, remedy, kind=kind)


def printable(text: str, longest: int = 150) -> str:
    """Return the first line of a stranger's text, without control characters."""
    line = (text.splitlines() or [""])[0][:longest]
    return "".join(letter if letter.isprintable() else "?" for letter in line).strip()


def element_count(shape: Sequence[int]) -> int:
    """Return the number of elements of a shape; refuse one that is too large."""
    if len(shape) > MAX_RANK or min(shape, default=0) < 0:
        refuse(f"a tensor has the shape {tuple(shape[:20])}", f"at most {MAX_RANK} axes are accepted, none below 0")
    count = math.prod(shape)
    if count > MAX_ELEMENTS:
        refuse(
            f"the graph holds {count:,} numbers at once", f"at most {MAX_ELEMENTS:,} are accepted", kind="too_large"
        )
    return count


def operator_schema(op_type: str, opset: int) -> onnx.defs.OpSchema:
    """Return onnx's description of an operator."""
    try:
        return onnx.defs.get_schema(op_type, opset, "")
    except onnx.defs.SchemaError as error:
        got = f"the operator {op_type} is not part of operator set {opset}"
        raise ModelFileError(got, kind="version") from error


def integer_list(node: onnx.NodeProto, name: str) -> list[int]:
    """Return the values of a list attribute of a node."""
    return [int(item) for attribute in node.attribute if attribute.name == name for item in attribute.ints]


def integer_attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    """Return the value of an integer attribute of a node."""
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), default)


def opset_of(model: onnx.ModelProto) -> int:
    """Return the operator set of a model; refuse one that is not supported."""
    domains = [(entry.domain, entry.version) for entry in model.opset_import]
    if len(domains) != 1 or domains[0][0]:
        refuse("the graph uses operators from outside the ONNX standard", "the standard ones alone are accepted")
    opset = int(domains[0][1])
    if not MIN_OPSET <= opset <= MAX_OPSET:
        refuse(f"the operator set is {opset}", f"{MIN_OPSET} to {MAX_OPSET} are accepted", kind="version")
    if not MIN_IR <= model.ir_version <= MAX_IR:
        refuse(f"the IR version is {model.ir_version}", f"{MIN_IR} to {MAX_IR} are accepted", kind="version")
    return opset
