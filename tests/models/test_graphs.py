"""What is refused before onnxruntime sees it: every test here runs without it."""

import sys
from typing import Any

import hostile
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from aec.errors import ModelFileError
from aec.features import FeatureSpec
from aec.models import shape_plan
from aec.models.graph_parsing import parse_model
from aec.models.graph_structure import OPERATORS, check_interface, check_structure
from aec.models.model_file import load_model
from aec.models.shape_plan import ShapePlan


@pytest.fixture(autouse=True)
def _no_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*args: object, **options: object) -> None:
        pytest.fail("onnxruntime got a graph")

    monkeypatch.setattr(onnxruntime, "InferenceSession", reached)


def refusal(data: bytes) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        load_model(data)
    return caught.value


def peak_mb() -> float:
    resource = pytest.importorskip("resource", reason="needs a POSIX system")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def plan_of(model: onnx.ModelProto, spec: FeatureSpec = hostile.SPEC) -> ShapePlan:
    return ShapePlan(model, spec, len(hostile.LABELS))


@pytest.mark.parametrize("name", hostile.BOMBS)
def test_a_bomb_is_refused_without_being_set_off(name: str) -> None:
    data = hostile.sealed(hostile.BOMBS[name])
    before = peak_mb()
    assert refusal(data).kind in {"too_large", "unsafe"}
    assert peak_mb() - before < 100


@pytest.mark.parametrize("name", hostile.UNUSUAL)
def test_what_a_plain_network_does_not_need_is_refused(name: str) -> None:
    kind, model = hostile.UNUSUAL[name]
    assert refusal(hostile.sealed(model)).kind == kind


@pytest.mark.parametrize("name", hostile.MISFITS)
def test_weights_that_do_not_fit_their_layer_are_refused(name: str) -> None:
    assert refusal(hostile.sealed(hostile.MISFITS[name])).kind == "unsafe"


FITS = {
    "LSTM": ('LSTM <hidden_size = 4, direction = "reverse"> (x, a, b)', [(1, 16, 13), (1, 16, 4)]),
    "convolution": ("Conv <group = 2> (features, a, b)", [(4, 30, 3), (4,)]),
    "batch norm": ("BatchNormalization (features, a, a, a, a)", [(60,)]),
    "layer norm of two axes": ("LayerNormalization <axis = 1> (features, a, a)", [(60, 13)]),
    "layer norm of a vector": ("LayerNormalization (pooled, a)", [(13,)]),
    "batch norm of a vector": ("BatchNormalization (pooled, a, a, a, a)", [(13,)]),
}


@pytest.mark.parametrize("name", FITS)
def test_weights_that_fit_their_layer_pass(name: str) -> None:
    layer, shapes = FITS[name]
    assert plan_of(hostile.with_layer(layer, *shapes)).check(2, 60) is None


@pytest.mark.parametrize("name", hostile.FOREIGN_INTERFACES)
def test_other_inputs_and_outputs_are_refused(name: str) -> None:
    assert refusal(hostile.sealed(hostile.FOREIGN_INTERFACES[name])).kind == "interface"


@pytest.mark.parametrize("name", hostile.HONEST)
@pytest.mark.parametrize(("batch", "time"), [(1, 4), (1, 61), (2, 500), (7, 33)])
def test_honest_networks_pass_at_any_size(name: str, batch: int, time: int) -> None:
    build, spec = hostile.HONEST[name]
    model = build()
    for tensor in model.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
    check_interface(model.graph, spec, len(hostile.LABELS))
    assert check_raw(model) is None
    assert plan_of(model, spec).check(batch, time) is None


def check_raw(model: onnx.ModelProto) -> None:
    """`check_structure`, after the small constants of onnx's text form got the form that files have."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                attribute.t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(attribute.t)))
    check_structure(model)


def test_a_bomb_that_waits_for_a_certain_number_of_frames_goes_off_at_no_number() -> None:
    plan = plan_of(hostile.LATE_BOMB)
    plan.check(2, 60)
    with pytest.raises(ModelFileError) as caught:
        plan.check(2, 61)
    assert caught.value.kind == "too_large"


def test_longer_clips_may_cost_more_work() -> None:
    products = " ".join(f"p{i + 1} = MatMul(p0, p{i})" for i in range(4))
    side = np.array([1_000, 1_000])
    plan = plan_of(
        hostile.with_nodes(f"p0 = Expand(one, side) {products}", one=np.ones((1, 1), np.float32), side=side)
    )
    with pytest.raises(ModelFileError, match="multiplications"):
        plan.check(1, 60)
    plan.check(1, 1_500)


@pytest.mark.parametrize("message", [b"\x3a\x02\x0a\x00" * 200_000, b""], ids=["graphs", "nodes"])
def test_few_bytes_that_unpack_into_millions_of_parts_are_refused(message: bytes) -> None:
    nodes = b"\x0a\x00" * 5_000_000
    data = message or b"\x08\x09\x3a" + varint(len(nodes)) + nodes
    before = peak_mb()
    assert refusal(data).kind == "unsafe"
    assert peak_mb() - before < 100


@pytest.mark.parametrize("field", ["int64_data", "float_data"])
def test_packed_numbers_count_as_parts(field: str) -> None:
    tensor = onnx.TensorProto(dims=[300_000], **{field: np.zeros(300_000, np.int64).tolist()})
    model = onnx.ModelProto()
    model.graph.initializer.append(tensor)
    assert refusal(model.SerializeToString()).kind == "unsafe"


def varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b",  # a group
        b"\xff" * 20,  # a number without an end
        b"\x08",  # a number that is missing
        b"\x3a\x7f\x00",  # a message longer than the file
        b"\x12\x01\xff",  # a name that is no UTF-8
        b"\x3a\x05" * 60,
        b"<html>not found</html>",
    ],
)
def test_bytes_that_are_no_onnx_file_are_damaged(data: bytes) -> None:
    with pytest.raises(ModelFileError) as caught:
        parse_model(data)
    assert caught.value.kind == "damaged"


def test_messages_nested_without_end_are_refused() -> None:
    graph = b""
    for _ in range(500):  # node -> attribute -> graph, over and over
        for tag in (b"\x32", b"\x2a", b"\x0a"):
            graph = tag + varint(len(graph)) + graph
    with pytest.raises(ModelFileError) as caught:
        parse_model(b"\x3a" + varint(len(graph)) + graph)
    assert caught.value.kind == "damaged"


ARITHMETIC: list[tuple[str, dict[str, list[int]], tuple[int, ...]]] = [
    ("q = Div(a, b)", {"a": [7], "b": [2]}, (3,)),
    ("m = Sub(b, a) n = Neg(m) q = Abs(n)", {"a": [7], "b": [2]}, (5,)),
    ("m = Sub(b, a) n = Div(m, b) q = Add(n, a)", {"a": [7], "b": [2]}, (5,)),  # -5 / 2 is -2, not -3
    ("m = Sub(b, a) q = Mod(m, b)", {"a": [7], "b": [2]}, (1,)),
    ("c = Less(a, b) d = Equal(a, a) e = Xor(c, d) q = Where(e, a, b)", {"a": [7], "b": [2]}, (7,)),
    ("q = Max(a, b)", {"a": [7], "b": [2]}, (7,)),
    ("q = Min(a, b)", {"a": [7], "b": [2]}, (2,)),
    ("c = Concat <axis = 0> (a, b) q = Slice(c, list_1, far)", {"a": [7], "b": [2], "far": [2**63 - 1]}, (2,)),
    ("c = Concat <axis = 0> (a, b) q = Gather(c, minus_one)", {"a": [7], "b": [2]}, (2,)),
    ("c = Less(a, b) q = Where(c, a, b)", {"a": [7], "b": [2]}, (2,)),
    ("c = Greater(a, b) d = Not(c) e = Or(c, d) f = And(c, e) q = Where(f, a, b)", {"a": [7], "b": [2]}, (7,)),
    ("c = Cast <to = 6> (a) d = Mul(c, c) q = CastLike(d, b)", {"a": [7], "b": [2]}, (49,)),
    ("i = Reshape(a, minus_one) s = Squeeze(i) q = Unsqueeze(s, list_0)", {"a": [7]}, (7,)),
    ("s = Squeeze(b) r = Range(index_1, s, index_1) q = Identity(r)", {"b": [2]}, (1,)),
    ("c = Constant <value_ints = [3, 4]> () q = Expand(c, list_2)", {}, (3, 4)),
    ("q = Shape <start = 1> (features)", {}, (60, 13)),
]


@pytest.mark.parametrize(("body", "arrays", "shape"), ARITHMETIC)
def test_sizes_that_are_computed_on_the_way_are_followed_exactly(
    body: str, arrays: dict[str, list[int]], shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}
    inferred = shape_plan._inferred

    def callbacks(node: onnx.NodeProto, proto: onnx.TypeProto | None) -> Any:
        seen[node.output[0]] = inferred(node, proto)
        return seen[node.output[0]]

    monkeypatch.setattr(shape_plan, "_inferred", callbacks)
    plan_of(hostile.with_nodes(body + " full = ConstantOfShape(q)", **arrays)).check(2, 60)
    assert seen["full"].shape == shape


def test_what_is_allowed_is_known_to_onnx() -> None:
    known = {schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""}
    assert known >= OPERATORS


def test_no_operator_that_is_allowed_runs_a_graph() -> None:
    for name in OPERATORS:
        types = {int(attribute.type) for attribute in onnx.defs.get_schema(name).attributes.values()}
        assert not types & {onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS}


def test_a_convolution_and_a_pool_count_as_work(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    counted = shape_plan._work

    def callbacks(node: onnx.NodeProto, inputs: Any, outputs: Any) -> int:
        seen[node.op_type] = counted(node, inputs, outputs)
        return seen[node.op_type]

    monkeypatch.setattr(shape_plan, "_work", callbacks)
    body = "t = Transpose <perm = [0, 2, 1]> (features) c = Conv(t, k) p = MaxPool <kernel_shape = [4]> (c)"
    plan_of(hostile.with_nodes(body, k=np.ones((5, 13, 3), np.float32))).check(1, 60)
    assert seen["Conv"] == 5 * 58 * 13 * 3
    assert seen["MaxPool"] == 5 * 55 * 4


def test_messages_do_not_steer_a_terminal() -> None:
    model = hostile.mlp()
    model.graph.input[0].name = "\x1b[31mred\nline"
    assert str(refusal(hostile.sealed(model))).isprintable()
