"""Model files: an ONNX graph with its card inside, written and read.

Weights of scikit-learn and of PyTorch have the same format, and prediction needs neither library. A file holds no
code: pickles are never opened here, and onnxruntime gets a graph only after the checks of `graph_parsing`,
`graph_structure` and `shape_plan`. The digest in the card detects damage; it is no signature, since whoever alters
the graph can write a new one.
"""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import msgspec
import numpy as np
import onnx
from onnx import numpy_helper

from aec.errors import ModelFileError, TrainingError
from aec.models.card import ModelCard
from aec.models.graph_limits import ITEM_BYTES, MAX_IR, PROBE_FRAMES, printable
from aec.models.graph_parsing import check_self_contained, parse_model
from aec.models.graph_structure import check_interface, check_structure
from aec.models.model import Model, open_session
from aec.models.shape_plan import ShapePlan
from aec.system.files import replacing, write_atomically

CARD_KEY = "aec_card"
MAX_FILE_BYTES = 50_000_000

_ARCHIVES = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x04\x22M\x18", b"x\x01", b"x\x9c", b"x\xda", b"x^")
_MAGIC: tuple[tuple[bytes, str], ...] = (
    *((bytes((0x80, protocol)), "a pickle") for protocol in range(2, 6)),
    *((magic, "a compressed pickle or another archive") for magic in _ARCHIVES),
    (b"PK\x03\x04", "an archive, as PyTorch and Keras write,"),
    (b"\x89HDF", "an HDF5 file"),
)
_PICKLE_SUFFIXES = frozenset((".pkl", ".pickle", ".joblib", ".sav"))


def save_model(path: Path, graph: onnx.ModelProto, card: ModelCard) -> ModelCard:
    """Check and write a graph with its card; return the card with the graph's digest.

    Weights, operators and connections are kept; comments, the exporter's metadata and unused operator sets are not
    (exporters write source paths there). The file appears whole or not at all.

    Parameters
    ----------
    path : Path
        Of the file; its folder must exist.
    graph : onnx.ModelProto
        With the inputs `features` and `lengths` and the output `probabilities`, all weights inside.
    card : ModelCard

    Raises
    ------
    ModelFileError
        A graph that `load_model` would refuse, or that fails on its first input; `kind` "unwritable" for a path that
        cannot be written.
    """
    with _naming(path):
        check_self_contained(graph)
        plain = _plain(graph)
        card = msgspec.structs.replace(card, graph_digest=_digest(plain))
        plain.metadata_props.add(key=CARD_KEY, value=card.to_json())
        data = plain.SerializeToString(deterministic=True)
        _load(data, threads=1)
        try:
            write_atomically(path, data)
        except OSError as error:
            got = f"it cannot be written ({error.strerror})"
            raise ModelFileError(got, "", "Choose another folder or make room", kind="unwritable") from error
    return card


def save_verified_model(
    path: Path,
    graph: onnx.ModelProto,
    card: ModelCard,
    clips: tuple[np.ndarray, np.ndarray],
    expected: np.ndarray,
    tolerance: float,
) -> ModelCard:
    """Write a model file, if it predicts as the trained model.

    Parameters
    ----------
    path : Path
        Appears whole or not at all.
    graph : onnx.ModelProto
    card : ModelCard
    clips : tuple of np.ndarray
        Features [shape=(clips, time, coefficients)] and lengths [shape=(clips,)] to compare predictions on.
    expected : np.ndarray [shape=(clips, labels)]
        The trained model's probabilities, calibrated from its logits.
    tolerance : float
        Largest difference of a probability.

    Returns
    -------
    ModelCard
        As saved.

    Raises
    ------
    TrainingError
        The probabilities differ by more; nothing is written then.
    ModelFileError
        See `save_model`.
    """
    with replacing(path) as aside:
        saved = save_model(aside, graph, card)
        difference = float(np.abs(load_model(aside).predict(*clips) - expected).max())
        if not difference <= tolerance:
            raise TrainingError(
                f"the model file's probabilities differ from the network's by {difference:.1e}",
                f"at most {tolerance:.0e} is expected",
                "Please report this, with the versions of torch, onnx and onnxruntime",
            )
    return saved


def load_model(source: Path | bytes, *, threads: int = 1) -> Model:
    """Read a model file, possibly a stranger's, and prepare it for predictions.

    Parameters
    ----------
    source : Path or bytes
        A file or its content.
    threads : int
        Of a prediction.

    Raises
    ------
    ModelFileError
        `kind` says what is wrong: "missing", "directory", "unreadable", "empty", "too_large", "pickle", "damaged",
        "foreign" (no card), "card", "version", "altered" (not the graph that the card was written for), "unsafe",
        "interface", "runtime" or "answer".
    """
    with _naming(source):
        return _load(_read(source), threads)


def _load(data: bytes, threads: int) -> Model:
    if len(data) > MAX_FILE_BYTES:
        _refuse_size(len(data))
    model = parse_model(data)
    card = _card_of(model)
    del model.metadata_props[:]
    if _digest(model) != card.graph_digest:
        got = "the graph is not the one that the card was written for"
        raise ModelFileError(got, "", "Copy the file again from where it was saved", kind="altered")
    spec, n_labels = card.features[0], len(card.labels)
    check_interface(model.graph, spec, n_labels)
    check_structure(model)
    # onnxruntime gets the checked parts only.
    plain = _plain(model)
    plan = ShapePlan(plain, spec, n_labels)
    frames = spec.max_frames or PROBE_FRAMES
    plan.check(2, frames)
    ready = Model(card, open_session(plain.SerializeToString(), threads), plan)
    ready.try_once(frames)
    return ready


def _card_of(model: onnx.ModelProto) -> ModelCard:
    cards = [entry.value for entry in model.metadata_props if entry.key == CARD_KEY]
    if not cards:
        raise ModelFileError(
            "it is an ONNX file without our card",
            "a model that this program trained is expected",
            "Train a model here, or choose its .onnx file",
            kind="foreign",
        )
    if len(cards) > 1:
        raise ModelFileError("it holds several cards", "one is expected", kind="card")
    return ModelCard.from_json(cards[0])


def _digest(model: onnx.ModelProto) -> str:
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def _plain(model: onnx.ModelProto) -> onnx.ModelProto:
    # The graph alone, in a canonical form: named fields are copied, all others are not.
    used = {"", *(node.domain for node in model.graph.node)}
    plain = onnx.ModelProto(ir_version=min(model.ir_version, MAX_IR), producer_name="aec")
    plain.opset_import.extend(entry for entry in model.opset_import if entry.domain in used)
    plain.graph.name = "aec"
    for node in model.graph.node:
        copy = plain.graph.node.add(op_type=node.op_type, domain=node.domain, input=node.input, output=node.output)
        while copy.input and not copy.input[-1]:
            copy.input.pop()
        copy.attribute.extend(node.attribute)
        for attribute in copy.attribute:
            attribute.ClearField("doc_string")
            if attribute.HasField("t"):
                attribute.t.CopyFrom(_raw(attribute.t))
    plain.graph.initializer.extend(map(_raw, model.graph.initializer))
    for name in ("input", "output"):
        for entry in getattr(model.graph, name):
            getattr(plain.graph, name).add(name=entry.name, type=entry.type)
    return plain


def _raw(tensor: onnx.TensorProto) -> onnx.TensorProto:
    content = tensor.raw_data
    if not content and tensor.data_type in ITEM_BYTES:
        try:
            content = numpy_helper.to_array(tensor).tobytes()
        except ValueError as error:
            got = f"the weights {tensor.name[:50]!r} do not fill their shape"
            raise ModelFileError(got, kind="unsafe") from error
    return onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims, raw_data=content)


@contextmanager
def _naming(source: Path | bytes) -> Iterator[None]:
    # Messages name the file, never its folder.
    try:
        yield
    except ModelFileError as error:
        if isinstance(source, bytes):
            raise
        got = f"{printable(source.name) or source}: {error.got}"
        raise ModelFileError(got, error.expected, error.remedy, kind=error.kind) from error


def _read(source: Path | bytes) -> bytes:
    data = source if isinstance(source, bytes) else _read_file(source)
    if not data:
        raise ModelFileError("the file is empty", "an .onnx file is expected", kind="empty")
    if len(data) > MAX_FILE_BYTES:
        _refuse_size(len(data))
    for magic, what in _MAGIC:
        if data.startswith(magic):
            _refuse_format(what)
    # The oldest kinds of pickle have no magic bytes; an ONNX file starts with its version, field 1.
    if isinstance(source, Path) and source.suffix.lower() in _PICKLE_SUFFIXES and not data.startswith(b"\x08"):
        _refuse_format("a pickle, by its name,")
    return data


def _read_file(path: Path) -> bytes:
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise ModelFileError("it is a folder", "an .onnx file is expected", kind="directory")
        # Reading a pipe or a device could wait, or go on, for ever.
        if not stat.S_ISREG(facts.st_mode):
            raise ModelFileError("it is not a regular file", "an .onnx file is expected", kind="unreadable")
        if facts.st_size > MAX_FILE_BYTES:
            _refuse_size(facts.st_size)
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelFileError("there is no such file", "", "Check the path", kind="missing") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelFileError(f"it cannot be read ({reason})", "", "Check the path", kind="unreadable") from error


def _refuse_size(size: int) -> NoReturn:
    got, expected = f"the file has {size / 1e6:.1f} MB", f"at most {MAX_FILE_BYTES / 1e6:g} MB are accepted"
    raise ModelFileError(got, expected, kind="too_large")


def _refuse_format(what: str) -> NoReturn:
    kind = "pickle" if "pickle" in what else "foreign"
    remedy = "Pickles can run code and are never opened here; save the model again as .onnx"
    raise ModelFileError(f"this is {what} and no model file", "models are .onnx files", remedy, kind=kind)
