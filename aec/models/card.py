"""The card inside every model file: what the model is, what it was trained on, and how well it does.

A card is checked where it is made and again when it comes out of a stranger's file, by the same rules: the pages and
the command line show its fields without asking again. Text may hold anything printable, markup included, so whoever
puts it on a page escapes it. The dictionaries are copies; treat them as read-only.
"""

import dataclasses
import json
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from aec.emotions import EMOTIONS
from aec.errors import FeatureError, ModelFileError
from aec.features import FeatureSpec

SCHEMA = 1
FAMILIES = ("mlp", "cnn", "rnn", "crnn", "ensemble")
METRICS = ("uar", "accuracy", "f1_weighted", "f1_macro")
PER_CLASS = ("precision", "recall", "f1", "support")

MAX_CARD_BYTES = 256 * 1024
MAX_EXTRA_BYTES = 128 * 1024
MAX_ENTRIES = 64
MAX_COUNT = 10**9
_LINE, _PARAGRAPH = 200, 2_000


def _refuse(name: str, value: object, expected: str) -> NoReturn:
    raise ModelFileError(
        f"the model's card gives {name} as {reprlib.repr(value)}", f"{expected} is expected", kind="card"
    )


def _text(name: str, value: object, longest: int = _LINE, shortest: int = 0) -> str:
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        _refuse(name, value, f"text of {shortest} to {longest} characters")
    if not value.replace("\n", " ").isprintable():
        _refuse(name, value, "text without control characters")
    return value


def _number(name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        _refuse(name, value, f"a number from {low:g} to {high:g}")
    return float(value)


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_COUNT:
        _refuse(name, value, f"a whole number from 0 to {MAX_COUNT:g}")
    return value


def _mapping(name: str, value: object, check: Callable[[str, object], Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping) or len(value) > MAX_ENTRIES:
        _refuse(name, value, f"a table of at most {MAX_ENTRIES} entries")
    return {_text(f"a key of {name}", key, 100, 1): check(f"{name}.{key}", item) for key, item in value.items()}


def _exactly(name: str, value: object, keys: tuple[str, ...], check: Callable[[str, object], Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != set(keys):
        _refuse(name, value, f"a table of {', '.join(keys)}")
    return {key: check(f"{name}.{key}", value[key]) for key in keys}


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple | list) or len(value) > MAX_ENTRIES:
        _refuse(name, value, f"at most {MAX_ENTRIES} texts")
    return tuple(_text(name, item, _PARAGRAPH, 1) for item in value)


def _digest(name: str, value: object) -> str:
    if not isinstance(value, str) or (value and (len(value) != 64 or set(value) - set("0123456789abcdef"))):
        _refuse(name, value, "a SHA-256 in 64 hexadecimal digits, or nothing,")
    return value


def _score(name: str, value: object) -> float | None:
    return None if value is None else _number(name, value, 0, 1)


def _interval(name: str, value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    if not isinstance(value, tuple | list) or len(value) != 2:
        _refuse(name, value, "a low and a high end")
    low, high = (_number(name, end, 0, 1) for end in value)
    if low > high:
        _refuse(name, value, "a low end before the high one")
    return low, high


def _class_score(name: str, value: object) -> float | int | None:
    return _count(name, value) if name.endswith(".support") else _score(name, value)


def _labels(value: object) -> tuple[str, ...]:
    if not isinstance(value, tuple | list) or not 2 <= len(value) <= len(EMOTIONS):
        _refuse("labels", value, "two emotions or more")
    for label in value:
        if label not in EMOTIONS:
            _refuse("a label", label, f"one of {', '.join(EMOTIONS)}")
    if len(set(value)) != len(value):
        _refuse("labels", value, "every emotion once")
    return tuple(value)


def _spec(value: object) -> FeatureSpec:
    if isinstance(value, FeatureSpec):
        return value
    names = {entry.name for entry in dataclasses.fields(FeatureSpec)}
    # A setting that is left out would silently follow the defaults of whichever version reads the card.
    if not isinstance(value, Mapping) or set(value) != names:
        _refuse("the feature settings", value, f"a table of {', '.join(sorted(names))}")
    try:
        return FeatureSpec.from_dict(value)
    except FeatureError as error:
        raise ModelFileError(f"the model's card: {error.got}", error.expected, kind="card") from error


def _features(value: object) -> tuple[FeatureSpec, ...]:
    if not isinstance(value, tuple | list) or len(value) != 1:
        _refuse("features", value, "exactly one kind of features")
    return tuple(_spec(item) for item in value)


def _created(value: object) -> str:
    text = _text("created", value, 40, 1)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment.utcoffset() != timedelta(0):
        _refuse("created", value, "an ISO 8601 time in UTC")
    return text


def _extra(value: object) -> dict[str, Any]:
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()  # half a surrogate pair is JSON, but no text that a file can hold
    except (TypeError, ValueError, RecursionError):
        text = ""
    if not isinstance(value, Mapping) or not 0 < len(text) <= MAX_EXTRA_BYTES:
        _refuse("extra", value, f"a table that is at most {MAX_EXTRA_BYTES:,} bytes of JSON")
    plain: dict[str, Any] = json.loads(text)  # Tuples become lists here, so a card equals itself after a round trip.
    return plain


def _nulls() -> dict[str, Any]:
    return dict.fromkeys(METRICS)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class TrainingData:
    """What a model learned from.

    Parameters
    ----------
    corpora : dict of str to int
        Clips by corpus.
    clips, speakers : int
    digest : str
        SHA-256 of the table of clips, in hexadecimal; empty where there is none.
    synthetic : bool
        The clips are made by a machine; every score must say so.

    Raises
    ------
    ModelFileError
        A value of the wrong type or out of range.
    """

    corpora: dict[str, int] = field(default_factory=dict)
    clips: int = 0
    speakers: int = 0
    digest: str = ""
    synthetic: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "corpora", _mapping("training.corpora", self.corpora, _count))
        _count("training.clips", self.clips)
        _count("training.speakers", self.speakers)
        _digest("training.digest", self.digest)
        if not isinstance(self.synthetic, bool):
            _refuse("training.synthetic", self.synthetic, "true or false")


@dataclass(frozen=True)
class ModelCard:
    """All that is known about a model besides its weights.

    Parameters
    ----------
    name : str
        What people call it; up to 100 characters.
    family : str
        One of `FAMILIES`.
    labels : tuple of str
        The emotions in the order of the model's output; two or more, each once.
    features : tuple of FeatureSpec
        What the model is fed with; exactly one for now.
    training : TrainingData
    split : str
        How the scores were measured, such as "speaker, 5 folds".
    metrics : dict of str to float or None
        For each of `METRICS` a score from 0 to 1, or None where it was not measured.
    intervals : dict of str to (float, float) or None
        For each of `METRICS` its 95 % interval, or None where none can be given.
    interval_note : str
        Why intervals are missing, or how they were made.
    per_class : dict of str to dict
        For some of the labels: precision, recall and f1 (0 to 1 or None) and support (clips).
    unsure_below : float
        The confidence from 0 to 1 below which an answer is "unsure".
    temperature : float
        By which the logits are divided inside the graph; for information.
    versions : dict of str to str
        The libraries that trained and exported the model.
    licences, notes : tuple of str
        What the training data allows; what a user should know.
    created : str
        ISO 8601 in UTC; now unless given.
    graph_digest : str
        SHA-256 of the graph, in hexadecimal; filled in when the model is saved.
    extra : dict
        JSON of at most `MAX_EXTRA_BYTES`, for tables such as robustness and calibration.
    schema : int
        The version of this list of fields.

    Raises
    ------
    ModelFileError
        A value of the wrong type, out of range or too long; `kind` is "card", or "version" for another schema.
    """

    name: str
    family: str
    labels: tuple[str, ...]
    features: tuple[FeatureSpec, ...]
    training: TrainingData = field(default_factory=TrainingData)
    split: str = ""
    metrics: dict[str, float | None] = field(default_factory=_nulls)
    intervals: dict[str, tuple[float, float] | None] = field(default_factory=_nulls)
    interval_note: str = ""
    per_class: dict[str, dict[str, float | int | None]] = field(default_factory=dict)
    unsure_below: float = 0.0
    temperature: float = 1.0
    versions: dict[str, str] = field(default_factory=dict)
    licences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    created: str = field(default_factory=_now)
    graph_digest: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        _refuse_other_schema(self.schema)
        if self.family not in FAMILIES:
            _refuse("family", self.family, f"one of {', '.join(FAMILIES)}")
        if not isinstance(self.training, TrainingData):
            _refuse("training", self.training, "a description of the training data")
        for name, value in self._checked().items():
            object.__setattr__(self, name, value)
        if len(self.to_json().encode()) > MAX_CARD_BYTES:
            raise ModelFileError(
                "the model's card is too long", f"at most {MAX_CARD_BYTES:,} bytes are expected", kind="card"
            )

    def _checked(self) -> dict[str, Any]:
        per_class = _mapping(
            "per_class", self.per_class, lambda name, row: _exactly(name, row, PER_CLASS, _class_score)
        )
        labels = _labels(self.labels)
        if set(per_class) - set(labels):
            _refuse("per_class", sorted(per_class), "nothing but the model's labels")
        return {
            "name": _text("name", self.name, 100, 1),
            "labels": labels,
            "features": _features(self.features),
            "split": _text("split", self.split),
            "metrics": _exactly("metrics", self.metrics, METRICS, _score),
            "intervals": _exactly("intervals", self.intervals, METRICS, _interval),
            "interval_note": _text("interval_note", self.interval_note, _PARAGRAPH),
            "per_class": per_class,
            "unsure_below": _number("unsure_below", self.unsure_below, 0, 1),
            "temperature": _number("temperature", self.temperature, 1e-3, 1e3),
            "versions": _mapping("versions", self.versions, _text),
            "licences": _texts("licences", self.licences),
            "notes": _texts("notes", self.notes),
            "created": _created(self.created),
            "graph_digest": _digest("graph_digest", self.graph_digest),
            "extra": _extra(self.extra),
        }

    def __hash__(self) -> int:
        return hash(self.to_json())

    def to_json(self) -> str:
        """Return the card as strict JSON on one line."""
        return json.dumps(dataclasses.asdict(self), allow_nan=False, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "ModelCard":
        """Rebuild a card from `to_json`, or from what a stranger wrote.

        Raises
        ------
        ModelFileError
            Not JSON, not a card, a card of another version, or any value that a card may not hold.
        """
        fields = _read_object(text)
        _refuse_other_schema(fields.get("schema"))
        _refuse_other_fields("the card", fields, {entry.name for entry in dataclasses.fields(cls)})
        training = fields["training"]
        if not isinstance(training, dict):
            _refuse("training", training, "a table")
        _refuse_other_fields("training", training, {entry.name for entry in dataclasses.fields(TrainingData)})
        return cls(**{**fields, "training": TrainingData(**training)})


def _refuse_other_schema(schema: object) -> None:
    if isinstance(schema, bool) or not isinstance(schema, int):
        _refuse("its version", schema, f"the number {SCHEMA}")
    if schema != SCHEMA:
        raise ModelFileError(
            f"the model's card is of version {schema}",
            f"this program reads version {SCHEMA}",
            "Update the program, or train the model again" if schema > SCHEMA else "Train the model again",
            kind="version",
        )


def _refuse_other_fields(name: str, fields: Mapping[str, Any], names: set[str]) -> None:
    if odd := sorted(set(fields) ^ names):
        got = f"{name} lacks, or should not have, the fields {reprlib.repr(odd)}"
        raise ModelFileError(got, "a card of this program is expected", kind="card")


def _read_object(text: str) -> dict[str, Any]:
    if len(text) > MAX_CARD_BYTES:
        raise ModelFileError(
            "the model's card is too long", f"at most {MAX_CARD_BYTES:,} bytes are expected", kind="card"
        )
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_int=_short_int, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ModelFileError("the model's card is broken", "JSON is expected", kind="card") from error
    if not isinstance(value, dict):
        _refuse("itself", value, "a table")
    return value


def _no_constant(word: str) -> NoReturn:
    raise ValueError(word)


def _short_int(digits: str) -> int:
    # A number of thousands of digits passes json, and then breaks float().
    if len(digits) > 18:
        raise ValueError(digits[:20])
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits[:20])
    return value
