"""Parsing of ONNX bytes, after a count of what they unpack into."""

import functools
from collections.abc import Iterator

import onnx
from google.protobuf.descriptor import Descriptor, FieldDescriptor  # type: ignore[import-untyped, unused-ignore]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped, unused-ignore]

from aec.errors import ModelFileError
from aec.models.graph_limits import MAX_PARTS, refuse


def parse_model(data: bytes) -> onnx.ModelProto:
    """Parse the bytes of an ONNX file, after a count of its parts.

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
        fields = _fields_of(message)
        while at < end:
            number, start, at = _next_field(data, at)
            if at > end:
                raise ValueError("truncated")
            kind, inner = fields.get(number, ("blob", None))
            parts += 1 + (at - start if kind == "numbers" else 0)
            if parts > MAX_PARTS:
                refuse("the file holds too many parts", f"at most {MAX_PARTS:,} are accepted")
            if kind == "message":
                waiting.append((start, at, inner))
            elif kind == "text":
                str(data[start:at], "utf-8")


@functools.cache
def _fields_of(message: Descriptor) -> dict[int, tuple[str, Descriptor | None]]:
    # Kind and type of the fields of a message by number; the descriptors themselves are slow.
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
    """Refuse weights in other files, and all that is not a plain graph.

    Raises
    ------
    ModelFileError
        `kind` "unsafe".
    """
    if any(t.external_data or t.data_location != onnx.TensorProto.DEFAULT for t in _tensors(model.graph)):
        refuse("some weights lie in another file", "one file is expected", "Export with external_data=False")
    unusual = [(model, "functions"), (model, "training_info")]
    unusual += [(model.graph, "sparse_initializer"), (model.graph, "quantization_annotation")]
    for part, name in unusual:
        if len(getattr(part, name)):
            refuse(f"the model holds {name.replace('_', ' ')}", "a plain graph is expected")


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
