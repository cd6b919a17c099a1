"""The model file: what is written, what is read back, and what every damaged or foreign file says."""

import json
import os
import pickle
import random
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hostile
import msgspec
import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from aec.errors import FeatureError, ModelFileError
from aec.evaluation.metrics import METRICS
from aec.features import FeatureSpec
from aec.models import model_file, shape_plan
from aec.models.card import SPEC_FIELDS, ModelCard, TrainingData
from aec.models.graph_structure import OPERATORS
from aec.models.model import Model
from aec.models.model_file import CARD_KEY, load_model, save_model

SMALL = FeatureSpec(max_frames=8, n_mfcc=3)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "mlp.onnx"
    save_model(path, hostile.mlp(), hostile.card())
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("models") / "small.onnx"
    save_model(path, hostile.mlp(SMALL, hidden=2), hostile.card(features=(SMALL,)))
    return path.read_bytes()


def refusal(source: Path | bytes) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        load_model(source)
    return caught.value


def clips(*lengths: int, coefficients: int = 13) -> tuple[np.ndarray, np.ndarray]:
    features = np.zeros((len(lengths), max(lengths), coefficients), np.float32)
    for row, length in enumerate(lengths):
        features[row, :length] = np.random.default_rng(length).normal(size=(length, coefficients))
    return features, np.array(lengths, dtype=np.int64)


# --- saving and loading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", hostile.HONEST)
def test_a_model_comes_back_as_it_was_saved(name: str, tmp_path: Path) -> None:
    build, spec = hostile.HONEST[name]
    path = tmp_path / "a model.onnx"
    card = save_model(path, build(), hostile.card(features=(spec,)))
    model = load_model(path)
    expected_card = msgspec.structs.replace(hostile.card(features=(spec,)), graph_digest=card.graph_digest)
    assert model.card == card == expected_card
    assert load_model(path.read_bytes()).card == card
    features, lengths = clips(60, 33, 7)
    session = onnxruntime.InferenceSession(build().SerializeToString(), providers=["CPUExecutionProvider"])
    (expected,) = session.run(None, {"features": features, "lengths": lengths})
    answer = model.predict(features, lengths)
    assert (answer.dtype, answer.shape) == (np.float32, (3, 4))
    np.testing.assert_allclose(answer, expected, atol=1e-6)


@pytest.mark.parametrize("name", ["mlp", "gru"])
def test_a_clip_alone_and_in_a_padded_batch_have_equal_probabilities(name: str) -> None:
    build, spec = hostile.HONEST[name]
    model = load_model(sealed(build(), hostile.card(features=(spec,))))
    features, lengths = clips(20, 75, 51)
    features[0, 20:] = 3  # the padding counts for nothing
    together = model.predict(features, lengths)
    for row, length in enumerate(lengths):
        alone = model.predict(features[row : row + 1, :length], lengths[row : row + 1])
        np.testing.assert_allclose(together[row : row + 1], alone, atol=1e-5)


def sealed(graph: onnx.ModelProto, card: ModelCard) -> bytes:
    return hostile.sealed(model_file._plain(graph), card)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.onnx", "b.onnx")]
    for path in paths:
        save_model(path, hostile.cnn(), hostile.card(features=(hostile.OPEN_SPEC,)))
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_what_an_exporter_left_in_the_graph_is_not_written(tmp_path: Path) -> None:
    graph = hostile.mlp()
    graph.doc_string = graph.graph.node[0].doc_string = "SECRET/train.py"
    graph.metadata_props.add(key="source", value="SECRET")
    graph.graph.node[1].metadata_props.add(key="trace", value="SECRET")
    graph.graph.value_info.add(name="SECRET")
    graph.opset_import.add(domain="ai.onnx.ml", version=3)
    graph.ir_version = 12
    save_model(tmp_path / "m.onnx", graph, hostile.card())
    assert b"SECRET" not in (tmp_path / "m.onnx").read_bytes()


def test_typed_weights_are_written_as_raw_ones(tmp_path: Path) -> None:
    graph = hostile.mlp()
    for tensor in graph.graph.initializer:
        values = numpy_helper.to_array(tensor)
        tensor.CopyFrom(onnx.helper.make_tensor(tensor.name, tensor.data_type, tensor.dims, values.ravel().tolist()))
    card = save_model(tmp_path / "m.onnx", graph, hostile.card())
    assert card == save_model(tmp_path / "n.onnx", hostile.mlp(), hostile.card())


@pytest.mark.parametrize("name", ["external weights", "branches", "function", "tile", "second operator set"])
def test_a_graph_that_cannot_be_loaded_is_not_saved(name: str, tmp_path: Path) -> None:
    graph = hostile.UNUSUAL[name][1]
    if name == "second operator set":
        graph = hostile.UNUSUAL["operator of another domain"][1]
    (tmp_path / "m.onnx").write_bytes(b"before")
    with pytest.raises(ModelFileError, match=r"^m\.onnx: ") as caught:
        save_model(tmp_path / "m.onnx", graph, hostile.card())
    assert caught.value.kind == "unsafe"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"m.onnx": b"before"}


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "m.onnx").write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelFileError, match="No space left") as caught:
        save_model(tmp_path / "m.onnx", hostile.mlp(), hostile.card())
    assert caught.value.kind == "unwritable"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"m.onnx": b"before"}


def test_a_missing_folder_is_a_plain_message(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        save_model(tmp_path / "nowhere" / "m.onnx", hostile.mlp(), hostile.card())
    assert caught.value.kind == "unwritable"


# --- predicting ----------------------------------------------------------------------------------------------------


def test_a_large_batch_is_answered_in_parts(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(saved)
    features, lengths = clips(*([40] * 150))
    features[:, 0, 0] = np.arange(150)
    whole = model.predict(features, lengths)
    monkeypatch.setattr(shape_plan, "MAX_TOTAL_BYTES", 300_000)
    fewer = load_model(saved)
    assert fewer._largest_batch(150, 40) < 64
    np.testing.assert_allclose(fewer.predict(features, lengths), whole, atol=1e-6)
    assert model.predict(features[:0], lengths[:0]).shape == (0, 4)


def test_a_clip_that_is_too_long_for_the_model_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(saved)
    monkeypatch.setattr(shape_plan, "MAX_TOTAL_BYTES", 300_000)
    with pytest.raises(ModelFileError, match="9000 frames") as caught:
        model.predict(*clips(9_000))
    assert caught.value.kind == "too_large"


def test_a_bomb_that_waits_for_longer_clips_is_refused_there() -> None:
    model = load_model(hostile.sealed(hostile.LATE_BOMB))
    model.predict(*clips(60))
    for lengths in ([61], [61, 61]):
        with pytest.raises(ModelFileError) as caught:
            model.predict(*clips(*lengths))
        assert caught.value.kind == "too_large"


@pytest.mark.parametrize("pool", ["MaxPool <kernel_shape = [9]>", "AveragePool <kernel_shape = [9], strides = [4]>"])
def test_a_clip_that_is_too_short_for_the_model_is_refused(pool: str) -> None:
    body = f"t = Transpose <perm = [0, 2, 1]> (features) p = {pool} (t) n = InstanceNormalization (p, ones, ones)"
    model = load_model(hostile.sealed(hostile.with_nodes(body, ones=np.ones(13, np.float32))))
    model.predict(*clips(9))
    with pytest.raises(ModelFileError, match="longer") as caught:
        model.predict(*clips(5))
    assert caught.value.kind == "length"


def test_threads_may_share_a_model(saved: Path) -> None:
    model = load_model(saved)
    inputs = [clips(20 + i % 7, 50) for i in range(40)]
    alone = [model.predict(*entry) for entry in inputs]
    fresh = load_model(saved)
    with ThreadPoolExecutor(2) as pool:
        for got, expected in zip(pool.map(lambda entry: fresh.predict(*entry), inputs), alone, strict=True):
            np.testing.assert_array_equal(got, expected)


WRONG_INPUTS: dict[str, tuple[Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]], str]] = {
    "double": (lambda f, n: (f.astype(np.float64), n), "float64"),
    "flat": (lambda f, n: (f[0], n), r"\(9, 13\)"),
    "coefficients": (lambda f, n: (f[:, :, :12], n), r"\(2, 9, 12\)"),
    "short lengths": (lambda f, n: (f, n.astype(np.int32)), "int32"),
    "lengths of others": (lambda f, n: (f, n[:1]), r"\(1,\)"),
    "no frames": (lambda f, n: (f, n * 0), "0 to 0"),
    "too many frames": (lambda f, n: (f, n + 1), "6 to 10"),
    "not a number": (lambda f, n: (f * np.float32(np.nan), n), "not numbers"),
    "nothing": (lambda f, n: (f[:, :0], n), "5 to 9"),
}


@pytest.mark.parametrize("name", WRONG_INPUTS)
def test_other_features_are_refused(saved: Path, name: str) -> None:
    change, words = WRONG_INPUTS[name]
    with pytest.raises(FeatureError, match=words):
        load_model(saved).predict(*change(*clips(5, 9)))


ANSWERS = {
    "not a number": "no = Sub(features, features) nan = Div(no, no) m = ReduceMean <keepdims = 0> (nan, list_1)",
    "no probabilities": "m = ReduceSum <keepdims = 0> (features, list_1)",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_output_that_is_no_probability_is_refused(name: str, tmp_path: Path) -> None:
    body = ANSWERS[name] + " probabilities = MatMul(m, w)"
    graph = hostile.graph(body, {"w": np.ones((13, 4), np.float32), "list_1": np.array([1])})
    assert refusal(sealed(graph, hostile.card())).kind == "answer"
    with pytest.raises(ModelFileError):
        save_model(tmp_path / "m.onnx", graph, hostile.card())


def test_a_graph_that_fails_when_it_runs_is_a_plain_message() -> None:
    body = "rows = Gather(w, lengths) m = ReduceMean <keepdims = 0> (rows) probabilities = Expand(m, sizes)"
    graph = hostile.graph(body, {"w": np.ones((4, 4), np.float32), "sizes": np.array([2, 4])})
    error = refusal(sealed(graph, hostile.card()))
    assert error.kind == "runtime"
    assert "\n" not in str(error)


# --- files that are none -------------------------------------------------------------------------------------------


def test_what_is_no_file_says_what_it_is(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.onnx").kind == "missing"
    assert refusal(tmp_path).kind == "directory"
    (tmp_path / "empty.onnx").touch()
    assert refusal(tmp_path / "empty.onnx").kind == "empty"
    assert refusal(tmp_path / "empty.onnx" / "m.onnx").kind == "missing"
    assert refusal(b"").kind == "empty"
    assert refusal(Path("a\0b")).kind == "unreadable"
    assert refusal(tmp_path / ("x" * 300)).kind == "unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a POSIX system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    assert refusal(tmp_path / "pipe.onnx").kind == "unreadable"


class Trap:
    """Unpickled, it fails the test."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("pack", [bytes, zlib.compress], ids=["plain", "compressed"])
def test_a_pickle_is_named_and_never_opened(protocol: int, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(pack(pickle.dumps(Trap(), protocol=protocol)))
    error = refusal(path)
    assert error.kind == "pickle"
    assert "pickle" in error.message
    assert ".onnx" in error.message
    if protocol >= 2 or pack is zlib.compress:
        assert refusal(path.read_bytes()).kind == "pickle"


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x89HDF\r\n", b"\x1f\x8b"])
def test_files_of_other_libraries_are_named(start: bytes) -> None:
    assert refusal(start + bytes(100)).kind in {"foreign", "pickle"}


@pytest.mark.parametrize("junk", [b"\0" * 1000, b"hello", b"version https://git-lfs.github.com/spec/v1\n", b"\x08"])
def test_junk_is_damaged(junk: bytes) -> None:
    assert refusal(junk).kind in {"damaged", "foreign"}


def test_a_model_without_our_card_is_foreign(saved: Path) -> None:
    model = onnx.load_from_string(saved.read_bytes())
    del model.metadata_props[:]
    model.metadata_props.add(key="other", value="{}")
    assert refusal(model.SerializeToString()).kind == "foreign"
    with pytest.raises(ModelFileError, match="without our card"):
        load_model(model.SerializeToString())


def test_more_than_fifty_megabytes_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "big.onnx").open("wb") as file:
        file.truncate(model_file.MAX_FILE_BYTES + 1)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened"))
    assert refusal(tmp_path / "big.onnx").kind == "too_large"
    assert refusal(bytes(model_file.MAX_FILE_BYTES + 1)).kind == "too_large"


def test_altered_weights_are_noticed(saved: Path) -> None:
    model = onnx.load_from_string(saved.read_bytes())
    weights = next(tensor for tensor in model.graph.initializer if tensor.name == "w2")
    weights.raw_data = bytes(len(weights.raw_data))
    assert refusal(model.SerializeToString()).kind == "altered"


def test_messages_name_the_file_and_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "secret folder" / "m.onnx"
    path.parent.mkdir()
    path.write_bytes(b"junk")
    assert str(refusal(path)).startswith("m.onnx: ")
    assert "secret folder" not in str(refusal(path))


# --- damage --------------------------------------------------------------------------------------------------------


def loads_or_refuses(data: bytes) -> None:
    try:
        model = load_model(data)
        model.predict(*clips(5, 8, coefficients=model.card.features[0].coefficients))
    except (ModelFileError, FeatureError):
        pass


def test_a_truncated_file_is_refused_wherever_it_ends(small: bytes) -> None:
    for length in sorted({*range(0, len(small), 97), *range(20), *range(len(small) - 20, len(small))}):
        assert refusal(small[:length]).kind in {"empty", "damaged", "foreign", "altered", "card"}, length


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
@example(flips=[(0.0, 255)])
def test_flipped_bytes_are_refused_or_harmless(small: bytes, flips: list[tuple[float, int]]) -> None:
    data = bytearray(small)
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    loads_or_refuses(bytes(data))


@pytest.mark.parametrize("name", hostile.HONEST)
def test_a_disturbed_graph_with_a_right_digest_is_refused_or_harmless(name: str) -> None:
    build, spec = hostile.HONEST[name]
    graph = model_file._plain(build())
    for seed in range(60):
        rng = random.Random(seed)  # noqa: S311 - it keeps no secret
        copy = onnx.ModelProto.FromString(graph.SerializeToString())
        disturb(copy, rng)
        loads_or_refuses(hostile.sealed(copy, hostile.card(features=(spec,))))


def disturb(model: onnx.ModelProto, rng: random.Random) -> None:
    nodes, weights = model.graph.node, model.graph.initializer
    names = [*(tensor.name for tensor in weights), *(node.output[0] for node in nodes), "features", "lengths", ""]
    node = rng.choice(nodes)
    match rng.randrange(4):
        case 0:
            node.input[rng.randrange(len(node.input))] = rng.choice(names)
        case 1:
            node.op_type = rng.choice(sorted(OPERATORS))
        case 2:
            whole = [tensor for tensor in weights if tensor.data_type == onnx.TensorProto.INT64]
            tensor = rng.choice(whole)
            values = numpy_helper.to_array(tensor).copy()
            values.flat[0] = rng.choice([-(2**63), -2, 0, 5, 2**20, 2**40, 2**63 - 1])
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        case 3:
            tensor = rng.choice(weights)
            dims = [*tensor.dims, 1]
            rng.shuffle(dims)
            tensor.ClearField("dims")
            tensor.dims.extend(dims)


# --- the card ------------------------------------------------------------------------------------------------------


def test_a_card_equals_itself_after_a_round_trip() -> None:
    card = hostile.card(extra={"table": [(1, 2.5), None, "ä"]})
    again = ModelCard.from_json(card.to_json())
    assert again == card
    assert hash(again) == hash(card)
    assert again.intervals["uar"] == (0.4, 0.6)


def test_a_minimal_card_has_every_metric() -> None:
    card = ModelCard(name="m", family="mlp", labels=("angry", "sad"), features=(FeatureSpec(),))
    assert set(card.metrics) == set(card.intervals) == set(METRICS)
    assert ModelCard.from_json(card.to_json()) == card


WRONG_VALUES: list[tuple[str, Any]] = [
    ("name", ""),
    ("name", "x" * 101),
    ("name", 3),
    ("name", "a\x1b[31mb"),
    ("family", "svm"),
    ("labels", ["angry"]),
    ("labels", ["angry", "angry"]),
    ("labels", ["angry", "hungry"]),
    ("labels", ["angry", ["sad"]]),
    ("labels", "angry"),
    ("features", []),
    ("features", [{}]),
    ("features", [3]),
    ("training", []),
    ("training", {}),
    ("split", "x" * 201),
    ("metrics", {}),
    ("metrics", {**dict.fromkeys(METRICS), "uar": 1.01}),
    ("metrics", {**dict.fromkeys(METRICS), "uar": True}),
    ("intervals", {**dict.fromkeys(METRICS), "uar": [0.6, 0.4]}),
    ("intervals", {**dict.fromkeys(METRICS), "uar": [0.6]}),
    ("intervals", 3),
    ("interval_note", None),
    ("per_class", {"bored": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 3}}),
    ("per_class", {"angry": {"precision": 0.5}}),
    ("per_class", {"angry": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2.5}}),
    ("unsure_below", -0.1),
    ("unsure_below", None),
    ("temperature", 0),
    ("versions", {"numpy": 2}),
    ("versions", {str(i): "1" for i in range(65)}),
    ("licences", "CC0"),
    ("licences", [""]),
    ("notes", ["x" * 2001]),
    ("notes", ["x"] * 65),
    ("created", "yesterday"),
    ("created", "2026-11-22T10:00:00"),
    ("created", "2026-11-22T10:00:00+02:00"),
    ("graph_digest", "ab"),
    ("graph_digest", "g" * 64),
    ("extra", []),
    ("extra", {"x": "y" * 200_000}),
    ("schema", "1"),
    ("schema", True),
]


@pytest.mark.parametrize(("field", "value"), WRONG_VALUES)
def test_a_card_with_a_wrong_value_is_refused(field: str, value: Any, small: bytes) -> None:
    fields = {**json.loads(hostile.card(features=(SMALL,)).to_json()), field: value}
    error = refusal(with_card(small, json.dumps(fields)))
    assert error.kind == "card"
    assert len(str(error)) < 500


@pytest.mark.parametrize("field", ["corpora", "clips", "speakers", "digest", "synthetic"])
def test_wrong_training_data_are_refused(field: str, small: bytes) -> None:
    fields = json.loads(hostile.card(features=(SMALL,)).to_json())
    fields["training"][field] = [{"x": "y"}]
    assert refusal(with_card(small, json.dumps(fields))).kind == "card"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "NaN",
        '{"schema": NaN}',
        '{"schema": 1e999}',
        "[" * 100_000,
        '{"schema": ' + "9" * 5_000 + "}",
        '{"schema": 1}',
        " " * 300_000,
    ],
)
def test_a_broken_card_is_refused(text: str, small: bytes) -> None:
    assert refusal(with_card(small, text)).kind == "card"


REQUIRED = ("created", "name", "labels", "features", *(f"features.{name}" for name in sorted(SPEC_FIELDS)))


@pytest.mark.parametrize("field", REQUIRED)
def test_a_card_without_a_required_field_is_refused(field: str, small: bytes) -> None:
    fields = json.loads(hostile.card(features=(SMALL,)).to_json())
    if "." in field:
        del fields["features"][0][field.split(".")[1]]
    else:
        del fields[field]
    assert refusal(with_card(small, json.dumps(fields))).kind == "card"


def test_unknown_fields_of_a_card_are_ignored_but_not_unknown_settings_of_its_features(small: bytes) -> None:
    card = hostile.card(features=(SMALL,), graph_digest=load_model(small).card.graph_digest)
    fields = json.loads(card.to_json())
    fields["metrics"]["wer"] = 0.5
    fields["training"]["spoons"] = fields["spoon"] = 2
    assert load_model(with_card(small, json.dumps(fields))).card.training == card.training
    fields["features"][0]["colour"] = 1
    assert refusal(with_card(small, json.dumps(fields))).kind == "card"


def with_card(data: bytes, text: str) -> bytes:
    model = onnx.load_from_string(data)
    model.metadata_props[0].value = text
    return model.SerializeToString()


def test_half_a_surrogate_pair_is_refused(small: bytes) -> None:
    fields = json.loads(hostile.card(features=(SMALL,)).to_json())
    for changed in ({**fields, "name": "\ud800"}, {**fields, "extra": {"x": "\ud800"}}):
        assert refusal(with_card(small, json.dumps(changed))).kind == "card"


def test_settings_that_make_no_sense_are_refused(small: bytes) -> None:
    fields = json.loads(hostile.card(features=(SMALL,)).to_json())
    for name, value in (("n_fft", 2**40), ("n_fft", "x"), ("kind", []), ("max_frames", 0), ("n_mfcc", 1e300)):
        features = {**fields["features"][0], name: value}
        assert refusal(with_card(small, json.dumps({**fields, "features": [features]}))).kind == "card"


@pytest.mark.parametrize(("schema", "words"), [(2, "Update the program"), (0, "Train the model again")])
def test_another_version_of_the_card_is_named(schema: int, words: str, small: bytes) -> None:
    error = refusal(with_card(small, json.dumps({"schema": schema})))
    assert error.kind == "version"
    assert words in str(error)


def test_two_cards_are_refused(small: bytes) -> None:
    model = onnx.load_from_string(small)
    model.metadata_props.add(key=CARD_KEY, value=model.metadata_props[0].value)
    assert refusal(model.SerializeToString()).kind == "card"


def test_a_card_that_fits_another_graph_is_refused(small: bytes) -> None:
    for change in ({"features": (FeatureSpec(n_mfcc=4),)}, {"labels": ("angry", "sad")}):
        card = hostile.card(**{"features": (SMALL,), "per_class": {}, **change})
        text = msgspec.structs.replace(card, graph_digest=load_model(small).card.graph_digest).to_json()
        assert refusal(with_card(small, text)).kind == "interface"


def test_values_without_a_json_form_are_refused_and_numbers_of_numpy_are_numbers() -> None:
    assert hostile.card(extra={"x": np.float32(1)}).extra == {"x": 1.0}
    with pytest.raises(ModelFileError, match="extra"):
        hostile.card(extra={"x": object()})
    for clips in (object(), "\ud800"):
        data = TrainingData(corpora={}, clips=clips, speakers=1)  # type: ignore[arg-type]
        with pytest.raises(ModelFileError, match="cannot be written"):
            hostile.card(training=data).to_json()


def test_a_model_says_what_it_is(saved: Path) -> None:
    model = load_model(saved, threads=2)
    assert isinstance(model, Model)
    assert model.card.labels == hostile.LABELS
