"""Models written by hand for the tests: honest ones, and those that a stranger might send.

Nothing here asks `aec` whether a model is acceptable: `sealed` writes a card with the right digest into any graph, as
an attacker would.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, parser

from aec.features import FeatureSpec
from aec.models.card import ModelCard, TrainingData

LABELS = ("angry", "happy", "sad", "neutral")
SPEC = FeatureSpec(max_frames=60)
OPEN_SPEC = FeatureSpec(max_frames=None)


def card(**changes: Any) -> ModelCard:
    values: dict[str, Any] = {
        "name": "example",
        "family": "mlp",
        "labels": LABELS,
        "features": (SPEC,),
        "training": TrainingData(corpora={"demo": 12}, clips=12, speakers=3, digest="ab" * 32, synthetic=True),
        "split": "speaker, 5 folds",
        "metrics": {"uar": 0.5, "accuracy": 0.55, "f1_weighted": 0.54, "f1_macro": None},
        "intervals": {"uar": (0.4, 0.6), "accuracy": None, "f1_weighted": None, "f1_macro": None},
        "interval_note": "3 speakers are too few for the others",
        "per_class": {"angry": {"precision": 0.5, "recall": 0.25, "f1": None, "support": 3}},
        "unsure_below": 0.4,
        "temperature": 1.5,
        "versions": {"numpy": "2.1"},
        "licences": ("CC0",),
        "notes": ("synthetic speech",),
        "created": "2026-11-22T10:00:00+00:00",
        "extra": {"robustness": {"noise": [0.5, 0.4], "none": None}},
    }
    return ModelCard(**{**values, **changes})


def graph(body: str, arrays: dict[str, np.ndarray], *, coefficients: int = 13, opset: int = 18) -> onnx.ModelProto:
    """A model in onnx's textual form; `arrays` are its weights."""
    head = f'<ir_version: 9, opset_import: ["": {opset}]> g '
    inputs = f"(float[batch, time, {coefficients}] features, int64[batch] lengths)"
    model = parser.parse_model(f"{head}{inputs} => (float[batch, {len(LABELS)}] probabilities) {{ {body} }}")
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in arrays.items())
    return model


def _numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.3, shape).astype(np.float32)


_INDEX: dict[str, np.ndarray] = {
    **{f"index_{i}": np.array(i, dtype=np.int64) for i in range(3)},
    **{f"list_{i}": np.array([i], dtype=np.int64) for i in range(3)},
    "minus_one": np.array([-1], dtype=np.int64),
}
MASK = """
    shape = Shape(features)
    time = Gather(shape, index_1)
    numbers = Range(index_0, time, index_1)
    column = Unsqueeze(lengths, list_1)
    inside = Less(numbers, column)
    mask = Unsqueeze(inside, list_2)
"""


def mlp(spec: FeatureSpec = SPEC, hidden: int = 16) -> onnx.ModelProto:
    """The described network: framed, scaled, two layers, temperature."""
    frames, size = spec.max_frames or 0, (spec.max_frames or 0) * spec.coefficients
    arrays = {
        **_INDEX,
        "pads": np.array([0, 0, 0, 0, frames, 0], dtype=np.int64),
        "frames": np.array([frames], dtype=np.int64),
        "numbers": np.arange(frames, dtype=np.int64)[None],
        "nought": np.zeros((), dtype=np.float32),
        "mean": _numbers(1, size, seed=1),
        "gain": np.full((1, size), 0.5, dtype=np.float32),
        "w1": _numbers(size, hidden, seed=2) / np.float32(np.sqrt(size)),
        "b1": _numbers(hidden, seed=3),
        "w2": _numbers(hidden, len(LABELS), seed=4),
        "b2": _numbers(len(LABELS), seed=5),
        "coldness": np.array(0.8, dtype=np.float32),
    }
    body = """
        padded = Pad(features, pads)
        framed = Slice(padded, list_0, frames, list_1)
        column = Unsqueeze(lengths, list_1)
        inside = Less(numbers, column)
        mask = Unsqueeze(inside, list_2)
        masked = Where(mask, framed, nought)
        flat = Flatten <axis = 1> (masked)
        centred = Sub(flat, mean)
        scaled = Mul(centred, gain)
        hidden = Gemm(scaled, w1, b1)
        active = Relu(hidden)
        logits = Gemm(active, w2, b2)
        raw = Softmax <axis = -1> (logits)
        logs = Log(raw)
        cooled = Mul(logs, coldness)
        probabilities = Softmax <axis = -1> (cooled)
    """
    return graph(body, arrays, coefficients=spec.coefficients)


def cnn(spec: FeatureSpec = OPEN_SPEC) -> onnx.ModelProto:
    """A convolutional network as torch.onnx writes it: group norm in pieces, shapes put together at run time."""
    size = 8 * (spec.coefficients // 2)
    arrays = {
        **_INDEX,
        "w1": _numbers(8, 1, 3, 3),
        "b1": _numbers(8),
        "groups": np.array([0, 2, -1], dtype=np.int64),
        "ones": np.ones(2, dtype=np.float32),
        "noughts": np.zeros(2, dtype=np.float32),
        "gamma": _numbers(8, 1, 1),
        "beta": _numbers(8, 1, 1, seed=1),
        "w2": _numbers(len(LABELS), size),
        "b2": _numbers(len(LABELS)),
    }
    body = """
        image = Unsqueeze(features, list_1)
        c1 = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1], strides = [1, 1], dilations = [1, 1], group = 1>
            (image, w1, b1)
        grouped = Reshape <allowzero = 0> (c1, groups)
        normal = InstanceNormalization <epsilon = 0.00001> (grouped, ones, noughts)
        c1_shape = Shape <start = 0> (c1)
        back = Reshape(normal, c1_shape)
        scaled = Mul(back, gamma)
        shifted = Add(scaled, beta)
        active = Relu(shifted)
        pooled = MaxPool <kernel_shape = [1, 2], strides = [1, 2]> (active)
        turned = Transpose <perm = [0, 2, 1, 3]> (pooled)
        t_shape = Shape(turned)
        batch = Gather <axis = 0> (t_shape, index_0)
        steps = Gather <axis = 0> (t_shape, index_1)
        batch_list = Unsqueeze(batch, list_0)
        steps_list = Unsqueeze(steps, list_0)
        wanted = Concat <axis = 0> (batch_list, steps_list, minus_one)
        sequence = Reshape(turned, wanted)
    """
    pooling = """
        weight = Cast <to = 1> (mask)
        masked = Mul(sequence, weight)
        total = ReduceSum <keepdims = 0> (masked, list_1)
        frames = Cast <to = 1> (column)
        mean = Div(total, frames)
        logits = Gemm <transB = 1> (mean, w2, b2)
        probabilities = Softmax <axis = -1> (logits)
    """
    return graph(body + MASK + pooling, arrays, coefficients=spec.coefficients)


def gru(spec: FeatureSpec = OPEN_SPEC, hidden: int = 8) -> onnx.ModelProto:
    """A bidirectional GRU with attention pooling; the mask is expanded as torch.onnx writes `expand`."""
    arrays = {
        **_INDEX,
        "w": _numbers(2, 3 * hidden, spec.coefficients),
        "r": _numbers(2, 3 * hidden, hidden, seed=1),
        "b": _numbers(2, 6 * hidden, seed=2),
        "merged": np.array([0, 0, 2 * hidden], dtype=np.int64),
        "query": _numbers(2 * hidden, 1, seed=3),
        "never": np.array(-1e9, dtype=np.float32),
        "w2": _numbers(2 * hidden, len(LABELS), seed=4),
    }
    body = """
        turned = Transpose <perm = [1, 0, 2]> (features)
        short = Cast <to = 6> (lengths)
        states, last = GRU <hidden_size = HIDDEN, direction = "bidirectional", linear_before_reset = 1>
            (turned, w, r, b, short)
        by_clip = Transpose <perm = [2, 0, 1, 3]> (states)
        sequence = Reshape(by_clip, merged)
        scores = MatMul(sequence, query)
        batch = Gather(shape, index_0)
        batch_list = Unsqueeze(batch, list_0)
        time_list = Unsqueeze(time, list_0)
        wanted = Concat <axis = 0> (batch_list, time_list, list_1)
        rank = Shape(wanted)
        ones = ConstantOfShape <value = int64[1] {1}> (rank)
        inverse = Mul(ones, minus_one)
        kept = Equal(wanted, inverse)
        target = Where(kept, ones, wanted)
        full_mask = Expand(mask, target)
        allowed = Where(full_mask, scores, never)
        attention = Softmax <axis = 1> (allowed)
        weighted = Mul(sequence, attention)
        summary = ReduceSum <keepdims = 0> (weighted, list_1)
        logits = Gemm(summary, w2)
        probabilities = Softmax <axis = -1> (logits)
    """
    return graph(MASK + body.replace("HIDDEN", str(hidden)), arrays, coefficients=spec.coefficients)


HONEST: dict[str, tuple[Callable[[], onnx.ModelProto], FeatureSpec]] = {
    "mlp": (mlp, SPEC),
    "cnn": (cnn, OPEN_SPEC),
    "gru": (gru, OPEN_SPEC),
}


def sealed(model: onnx.ModelProto, with_card: ModelCard | None = None) -> bytes:
    """The bytes of any graph with a card whose digest is right."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.metadata_props[:]
    digest = hashlib.sha256(copy.SerializeToString(deterministic=True)).hexdigest()
    text = msgspec.structs.replace(with_card or card(), graph_digest=digest).to_json()
    copy.metadata_props.add(key="aec_card", value=text)
    return copy.SerializeToString(deterministic=True)


_ANSWER = """
    pooled = ReduceMean <keepdims = 0> (features, list_1)
    logits = MatMul(pooled, w)
    probabilities = Softmax <axis = -1> (logits)
"""


def with_nodes(body: str, **arrays: np.ndarray | list[int]) -> onnx.ModelProto:
    """A harmless model with further nodes and weights."""
    extra = {name: np.asarray(value) for name, value in arrays.items()}
    return graph(_ANSWER + body, {**_INDEX, "w": _numbers(13, len(LABELS)), **extra})


def _chain(first: str, step: str, times: int) -> str:
    return "\n".join([first.format(0), *(step.format(i, i + 1) for i in range(times))])


_MILLION = np.array([1_000_000, 1_000_000], dtype=np.int64)
_COLUMN = np.zeros((100_000, 1), dtype=np.float32)

BOMBS: dict[str, onnx.ModelProto] = {
    "constant of a huge shape": with_nodes("big = ConstantOfShape(sizes)", sizes=_MILLION),
    "expand": with_nodes("big = Expand(w0, sizes)", sizes=_MILLION, w0=_COLUMN[:1]),
    "range": with_nodes("big = Range(index_0, end, index_1)", end=np.array(10**12)),
    "range that wraps around": with_nodes(
        "big = Range(start, end, index_1)", start=np.array(2**62 + 1), end=np.array(-(2**62))
    ),
    "range of floats": with_nodes("big = Range(a, b, a)", a=np.array(1, np.float32), b=np.array(1e9, np.float32)),
    "range without a step": with_nodes("big = Range(index_0, index_2, index_0) huge = ConstantOfShape(big)"),
    "pad": with_nodes("big = Pad(features, pads)", pads=[0, 0, 0, 0, 10**9, 0]),
    "pad that cuts": with_nodes("cut = Pad(features, pads)", pads=[0, 0, 0, 0, -10, 0]),
    "convolution's padding": with_nodes(
        "big = Conv <pads = [60000, 60000]> (features, kernel)", kernel=np.zeros((1024, 60, 1), np.float32)
    ),
    "sizes multiplied": with_nodes(
        "s = Shape(features) m = Mul(s, factor) big = ConstantOfShape(m)", factor=np.array([10_000])
    ),
    "sizes beyond 64 bits": with_nodes(
        "a = Mul(f, f) b = Mul(a, a) big = ConstantOfShape(b)", f=np.array([2**31], dtype=np.int64)
    ),
    "size from a feature": with_nodes(
        "peak = ReduceMax <keepdims = 0> (features) whole = Cast <to = 7> (peak) one = Reshape(whole, minus_one) "
        "big = ConstantOfShape(one)"
    ),
    "size from the lengths": with_nodes(
        "n = Gather(lengths, index_0) m = Mul(n, factor) big = Range(index_0, m, index_1)", factor=np.array(10**9)
    ),
    "doubling tensors": with_nodes(
        _chain("d{0} = Concat <axis = 0> (w, w)", "d{1} = Concat <axis = 0> (d{0}, d{0})", 40)
    ),
    "doubling sizes": with_nodes(
        _chain("d{0} = Shape(features)", "d{1} = Concat <axis = 0> (d{0}, d{0})", 40) + " big = ConstantOfShape(d40)"
    ),
    "doubling by broadcasting": with_nodes(
        _chain(
            "d{0} = Unsqueeze(lengths, list_1)",
            "t{0} = Transpose(d{0}) s{0} = Concat <axis = 1> (d{0}, d{0}) d{1} = Add(s{0}, list_1)",
            60,
        )
    ),
    "outer product": with_nodes("big = MatMul(column, row)", column=_COLUMN, row=_COLUMN.T),
    "outer sum": with_nodes("big = Add(column, row)", column=_COLUMN, row=_COLUMN.T),
    "outer comparison": with_nodes("big = Less(column, row)", column=_COLUMN, row=_COLUMN.T),
    "gathered rows": with_nodes(
        "big = Gather(column, indices)", column=_COLUMN.T, indices=np.zeros(10_000, np.int64)
    ),
    "states of a GRU": with_nodes(
        "big, last = GRU <hidden_size = 65536> (long, wx, wh)",
        long=np.zeros((100_000, 1, 1), np.float32),
        wx=np.zeros((1, 3, 1), np.float32),
        wh=np.zeros((1, 3, 1), np.float32),
    ),
    "hundred axes": with_nodes("big = Reshape(one, ones)", one=np.zeros(1, np.float32), ones=np.ones(60, np.int64)),
    "hundred thousand axes": with_nodes(
        "big = Expand(nought, ones)", nought=_COLUMN[:1], ones=np.ones(100_000, np.int64)
    ),
    "many tensors": with_nodes(
        _chain("d{0} = Expand(nought, side)", "d{1} = Exp(d{0})", 30), nought=_COLUMN[:1], side=[5_000, 5_000]
    ),
    "much work": with_nodes(
        _chain("d{0} = Expand(nought, side)", "d{1} = MatMul(d{0}, d{0})", 3), nought=_COLUMN[:1], side=[4_000, 4_000]
    ),
    "gates of a GRU that gives its last state alone": with_nodes(
        ", last = GRU <hidden_size = 16> (long, wx, wh)",
        long=np.zeros((1_000_000, 1, 1), np.float32),
        wx=np.zeros((1, 48, 1), np.float32),
        wh=np.zeros((1, 48, 16), np.float32),
    ),
    "steps of a GRU": with_nodes(
        "states, last = GRU <hidden_size = 1> (long, wx, wh)",
        long=np.zeros((1_000_000, 1, 1), np.float32),
        wx=np.zeros((1, 3, 1), np.float32),
        wh=np.zeros((1, 3, 1), np.float32),
    ),
    "whole numbers divided by data": with_nodes("q = Div(lengths, lengths)"),
    "remainder of data": with_nodes("q = Mod(lengths, lengths)"),
    "whole numbers divided by zero": with_nodes("q = Div(lengths, list_0)"),
}
LATE_BOMB = with_nodes(
    "s = Shape(features) t = Gather(s, list_1) over = Sub(t, limit) m = Mul(over, factor) p = Max(m, list_1) "
    "big = ConstantOfShape(p)",
    limit=[60],
    factor=[10**8],
)


def changed(change: Callable[[onnx.ModelProto], object]) -> onnx.ModelProto:
    model = mlp()
    change(model)
    return model


def _external(tensor: onnx.TensorProto) -> onnx.TensorProto:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/hostname")
    return tensor


def _external_weights() -> onnx.TensorProto:
    return _external(numpy_helper.from_array(np.zeros(3, np.float32), "outside"))


def _branches(outside: bool = False) -> onnx.NodeProto:
    made = helper.make_node(
        "Constant", [], ["c"], value=_external_weights() if outside else numpy_helper.from_array(_COLUMN)
    )
    branch = helper.make_graph([made], "b", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, None)])
    return helper.make_node("If", ["condition"], ["chosen"], then_branch=branch, else_branch=branch)


def _sparse() -> onnx.SparseTensorProto:
    values = numpy_helper.from_array(np.ones(1, np.float32), "v")
    return helper.make_sparse_tensor(values, numpy_helper.from_array(np.zeros(1, np.int64), "i"), [10**9])


def _add(*nodes: onnx.NodeProto) -> Callable[[onnx.ModelProto], object]:
    return lambda model: model.graph.node.extend(nodes)


def _node(op_type: str, inputs: list[str], **attributes: Any) -> Callable[[onnx.ModelProto], object]:
    return _add(helper.make_node(op_type, inputs, ["another"], **attributes))


def _reference(model: onnx.ModelProto) -> None:
    node = helper.make_node("Softmax", ["logits"], ["another"])
    node.attribute.add(name="axis", ref_attr_name="outer", type=onnx.AttributeProto.INT)
    model.graph.node.append(node)


def _function(model: onnx.ModelProto) -> None:
    body = [helper.make_node("Relu", ["x"], ["y"])]
    model.functions.append(helper.make_function("own", "F", ["x"], ["y"], body, [helper.make_opsetid("", 18)]))


def _set_dims(model: onnx.ModelProto, *dims: int) -> None:
    model.graph.initializer[-1].ClearField("dims")
    model.graph.initializer[-1].dims.extend(dims)


def _typed(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(helper.make_tensor("typed", TensorProto.FLOAT, [2], [1.0, 2.0]))


UNUSUAL: dict[str, tuple[str, onnx.ModelProto]] = {
    "external weights": ("unsafe", changed(lambda m: _external(m.graph.initializer[-1]))),
    "external constant": (
        "unsafe",
        changed(_add(helper.make_node("Constant", [], ["c"], value=_external_weights()))),
    ),
    "external in a branch": ("unsafe", changed(_add(_branches(outside=True)))),
    "external sparse": (
        "unsafe",
        changed(lambda m: m.graph.sparse_initializer.add().values.CopyFrom(_external_weights())),
    ),
    "sparse weights": ("unsafe", changed(lambda m: m.graph.sparse_initializer.append(_sparse()))),
    "sparse constant": ("unsafe", changed(_add(helper.make_node("Constant", [], ["c"], sparse_value=_sparse())))),
    "quantised": ("unsafe", changed(lambda m: m.graph.quantization_annotation.add(tensor_name="w1"))),
    "branches": ("unsafe", changed(_add(_branches()))),
    "branches in an allowed operator": (
        "unsafe",
        changed(_node("Relu", ["logits"], body=_branches().attribute[0].g)),
    ),
    "function": ("unsafe", changed(_function)),
    "training": ("unsafe", changed(lambda m: m.training_info.add())),
    "operator of another domain": ("unsafe", changed(_node("Gelu", ["logits"], domain="com.microsoft"))),
    "second operator set": ("unsafe", changed(lambda m: m.opset_import.add(domain="ai.onnx.ml", version=3))),
    "no operator set": ("unsafe", changed(lambda m: m.ClearField("opset_import"))),
    "overload": ("unsafe", changed(lambda m: setattr(m.graph.node[0], "overload", "x"))),
    "tile": ("unsafe", changed(_node("Tile", ["logits", "list_0"]))),
    "too small weights": ("unsafe", changed(lambda m: _set_dims(m, 1_000))),
    "negative size": ("unsafe", changed(lambda m: _set_dims(m, -1))),
    "many axes": ("unsafe", changed(lambda m: _set_dims(m, *[1] * 9))),
    "huge empty weights": ("too_large", changed(lambda m: _set_dims(m, 2**40))),
    "weights of texts": (
        "unsafe",
        changed(lambda m: setattr(m.graph.initializer[-1], "data_type", TensorProto.STRING)),
    ),
    "typed weights": ("unsafe", changed(_typed)),
    "weights in segments": ("unsafe", changed(lambda m: setattr(m.graph.initializer[-1].segment, "begin", 1))),
    "too many nodes": ("unsafe", changed(lambda m: m.graph.node.extend([m.graph.node[0]] * 5_001))),
    "no nodes": ("unsafe", changed(lambda m: m.graph.ClearField("node"))),
    "old operator set": ("version", changed(lambda m: setattr(m.opset_import[0], "version", 9))),
    "future operator set": ("version", changed(lambda m: setattr(m.opset_import[0], "version", 99))),
    "future file": ("version", changed(lambda m: setattr(m, "ir_version", 99))),
    "operator of a later set": ("version", changed(_node("Gelu", ["logits"]))),
    "many inputs": ("unsafe", changed(_node("Concat", ["logits"] * 65, axis=0))),
    "many values": ("unsafe", changed(_node("Transpose", ["logits"], perm=list(range(65))))),
    "unknown attribute": ("unsafe", changed(_node("Relu", ["logits"], spoon=1))),
    "attribute of another type": ("unsafe", changed(_node("Softmax", ["logits"], axis=1.5))),
    "attribute twice": (
        "unsafe",
        changed(lambda m: m.graph.node[-1].attribute.append(m.graph.node[-1].attribute[0])),
    ),
    "attribute by reference": ("unsafe", changed(_reference)),
    "no groups": ("unsafe", changed(_node("Conv", ["features", "features"], group=0))),
    "no stride": ("unsafe", changed(_node("MaxPool", ["features"], kernel_shape=[1], strides=[0]))),
    "endless split": ("unsafe", changed(_node("Split", ["logits"], num_outputs=2**40))),
    "reflected padding": ("unsafe", changed(_node("Pad", ["logits", "list_0"], mode="reflect"))),
    "text constant": ("unsafe", changed(_add(helper.make_node("Constant", [], ["c"], value_string="x")))),
    "training mode": ("unsafe", changed(_node("BatchNormalization", ["logits", *["b2"] * 4], training_mode=1))),
    "missing input": ("unsafe", changed(_node("Add", ["logits", ""]))),
    "input left out at the end": ("unsafe", changed(_node("LayerNormalization", ["logits", "b2", ""]))),
    "input left out in the middle": (
        "unsafe",
        changed(_node("BatchNormalization", ["logits", "b2", "", "b2", "b2"])),
    ),
    "output left out": ("unsafe", changed(_add(helper.make_node("MaxPool", ["x"], ["y", ""], kernel_shape=[1])))),
    "unknown input": ("unsafe", changed(_node("Relu", ["nowhere"]))),
    "circle": (
        "unsafe",
        changed(_add(helper.make_node("Relu", ["b"], ["a"]), helper.make_node("Relu", ["a"], ["b"]))),
    ),
    "computed twice": ("unsafe", changed(_add(helper.make_node("Relu", ["logits"], ["logits"])))),
    "weights named like an input": ("unsafe", changed(lambda m: setattr(m.graph.initializer[-1], "name", "lengths"))),
    "too many inputs to a node": ("unsafe", changed(_node("Relu", ["logits", "logits"]))),
    "types that do not fit": ("unsafe", changed(_node("Add", ["logits", "lengths"]))),
    "shapes that do not fit": ("unsafe", changed(_node("MatMul", ["logits", "w1"]))),
    "whole numbers of another size": ("unsafe", changed(_node("Cast", ["logits"], to=TensorProto.STRING))),
}


def with_layer(layer: str, *shapes: tuple[int, ...]) -> onnx.ModelProto:
    arrays = {name: np.zeros(shape, np.float32) for name, shape in zip("abcd", shapes, strict=False)}
    return with_nodes(f"x = Transpose <perm = [1, 0, 2]> (features) y = {layer}", **arrays)


# onnx infers the output of these without a look at the weights; onnxruntime 1.22 reads beyond those of the LSTM.
MISFITS: dict[str, onnx.ModelProto] = {
    "LSTM of fewer axes": with_layer("LSTM <hidden_size = 4> (x, a, b)", (208, 1), (1, 16, 4)),
    "LSTM of a smaller input": with_layer("LSTM <hidden_size = 4> (x, a, b)", (1, 16, 3), (1, 16, 4)),
    "LSTM of a smaller state": with_layer("LSTM <hidden_size = 4> (x, a, b)", (1, 16, 13), (1, 16, 2)),
    "LSTM of one way": with_layer(
        'LSTM <hidden_size = 4, direction = "bidirectional"> (x, a, b)', (1, 16, 13), (1, 16, 4)
    ),
    "LSTM without a size": with_layer("LSTM (x, a, b)", (1, 16, 13), (1, 16, 4)),
    "LSTM with a short bias": with_layer("LSTM <hidden_size = 4> (x, a, b, c)", (1, 16, 13), (1, 16, 4), (1, 16)),
    "LSTM with a short state": with_layer(
        "LSTM <hidden_size = 4> (x, a, b, , , c)", (1, 16, 13), (1, 16, 4), (1, 1, 4)
    ),
    "GRU of a smaller input": with_layer("GRU <hidden_size = 4> (x, a, b)", (1, 12, 3), (1, 12, 4)),
    "convolution of fewer channels": with_layer("Conv (x, a)", (5, 1, 3)),
    "convolution of more axes": with_layer("Conv (features, a)", (5, 60, 3, 1)),
    "convolution with a number": with_layer("Conv (features, a)", ()),
    "convolution with another kernel": with_layer("Conv <kernel_shape = [5]> (features, a)", (5, 60, 3)),
    "convolution of odd groups": with_layer("Conv <group = 2> (features, a)", (5, 30, 3)),
    "convolution with a short bias": with_layer("Conv (features, a, b)", (5, 60, 3), (4,)),
    "batch norm of fewer channels": with_layer("BatchNormalization (features, a, a, a, a)", (3,)),
    "instance norm of fewer channels": with_layer("InstanceNormalization (features, a, a)", (3,)),
    "layer norm of another size": with_layer("LayerNormalization <axis = -1> (features, a, a)", (3,)),
    "layer norm of a number": with_layer("LayerNormalization (index_0, a)", (3,)),
}


def _input(index: int, name: str, elem_type: int, shape: list[Any]) -> Callable[[onnx.ModelProto], object]:
    return lambda m: m.graph.input[index].CopyFrom(helper.make_tensor_value_info(name, elem_type, shape))


def _output(name: str, elem_type: int, shape: list[Any]) -> Callable[[onnx.ModelProto], object]:
    return lambda m: m.graph.output[0].CopyFrom(helper.make_tensor_value_info(name, elem_type, shape))


FOREIGN_INTERFACES: dict[str, onnx.ModelProto] = {
    "another name": changed(_input(0, "x", TensorProto.FLOAT, ["b", "t", 13])),
    "other coefficients": changed(_input(0, "features", TensorProto.FLOAT, ["b", "t", 14])),
    "open coefficients": changed(_input(0, "features", TensorProto.FLOAT, ["b", "t", "c"])),
    "fixed frames": changed(_input(0, "features", TensorProto.FLOAT, ["b", 60, 13])),
    "flat features": changed(_input(0, "features", TensorProto.FLOAT, ["b", 13])),
    "double features": changed(_input(0, "features", TensorProto.DOUBLE, ["b", "t", 13])),
    "short lengths": changed(_input(1, "lengths", TensorProto.INT32, ["b"])),
    "table of lengths": changed(_input(1, "lengths", TensorProto.INT64, ["b", 1])),
    "other labels": changed(_output("probabilities", TensorProto.FLOAT, ["b", 3])),
    "a second output": changed(lambda m: m.graph.output.append(m.graph.output[0])),
    "a third input": changed(lambda m: m.graph.input.append(helper.make_tensor_value_info("z", 1, [1]))),
    "an input passed on": changed(lambda m: setattr(m.graph.output[0], "name", "features")),
    "an answer that nothing computes": changed(lambda m: m.graph.node[-1].output.__setitem__(0, "elsewhere")),
    "no shape": changed(lambda m: m.graph.input[0].type.tensor_type.ClearField("shape")),
    "a sequence": changed(lambda m: m.graph.input[0].type.sequence_type.elem_type.tensor_type.ClearField("shape")),
}
