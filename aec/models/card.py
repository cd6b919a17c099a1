"""Model card of a model file: labels, features, training data, metrics, licences.

A card is decoded strictly from a stranger's file, so the pages and the command line show its fields without checking
them again. Text may hold anything printable, markup included: escape it on a page. Treat the dictionaries as
read-only.
"""

import functools
import reprlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn, TypedDict, TypeVar

import msgspec
from msgspec import Meta

from aec.emotions import EMOTIONS
from aec.errors import FeatureError, ModelFileError
from aec.evaluation.metrics import METRICS
from aec.features import FeatureSpec
from aec.system import structs

SCHEMA = 1
FAMILIES = ("mlp", "cnn", "rnn", "crnn", "ensemble")
MAX_CARD_BYTES = 256 * 1024
MAX_EXTRA_BYTES = 128 * 1024
MAX_ENTRIES = 64
MAX_COUNT = 10**9
# The settings of features that every card holds, since the first one. Later ones have defaults that keep its meaning.
SPEC_FIELDS = frozenset(
    ("kind", "sampling_rate", "n_fft", "hop_length", "n_mels", "n_mfcc", "max_frames", "trim_db", "level_db")
)

Share = Annotated[float, Meta(ge=0, le=1)]
Interval = tuple[Share, Share]
_Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
_Name = Annotated[str, Meta(min_length=1, max_length=100)]
_Line = Annotated[str, Meta(max_length=200)]
_Paragraph = Annotated[str, Meta(max_length=2_000)]
_Item = Annotated[str, Meta(min_length=1, max_length=2_000)]
_Digest = Annotated[str, Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
_Entries = Meta(max_length=MAX_ENTRIES)
_Items = Annotated[tuple[_Item, ...], _Entries]
_T = TypeVar("_T")


class LabelScores(TypedDict):
    """Metrics of one label, None where not measured; `support` is its number of clips."""

    precision: Share | None
    recall: Share | None
    f1: Share | None
    support: _Count


class TrainingData(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of the training clips.

    Parameters
    ----------
    corpora : dict of str to int
        Clips by corpus.
    clips, speakers : int
    digest : str
        SHA-256 of the table of clips, in hexadecimal; empty where there is none.
    synthetic : bool
        Whether the clips are synthetic speech; every score must say so.
    """

    corpora: Annotated[dict[_Name, _Count], _Entries]
    clips: _Count
    speakers: _Count
    digest: _Digest = ""
    synthetic: bool = False


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """Description of a model besides its weights.

    Types and bounds are checked when a card is read, and so when a model is saved; relations between fields always.

    Parameters
    ----------
    name : str
        Shown to users; up to 100 characters.
    family : str
        One of `FAMILIES`.
    labels : tuple of str
        The emotions in the order of the model's output; two or more, each once.
    features : tuple of FeatureSpec
        The model's input; exactly one for now.
    training : TrainingData
    split : str
        Protocol of the metrics, such as "speaker, 5 folds".
    metrics : dict of str to float or None
        For each of `METRICS` a value from 0 to 1, or None where it was not measured.
    intervals : dict of str to (float, float) or None
        For each of `METRICS` its 95 % interval, or None where none can be given.
    interval_note : str
        Why intervals are missing, or how they were computed.
    per_class : dict of str to LabelScores
        For some of the labels.
    unsure_below : float
        The confidence from 0 to 1 below which a prediction is "unsure".
    temperature : float
        Divisor of the logits inside the graph; for information.
    versions : dict of str to str
        The libraries that trained and exported the model.
    licences, notes : tuple of str
        Terms of the training data; remarks for users.
    created : str
        ISO 8601 in UTC; default now.
    graph_digest : str
        SHA-256 of the graph, in hexadecimal; filled in when the model is saved.
    extra : dict
        JSON of at most `MAX_EXTRA_BYTES`, for tables such as robustness and calibration.
    schema : int
        The version of this list of fields.

    Raises
    ------
    ModelFileError
        Fields that contradict each other, text with control characters, `extra` that is no JSON; `kind` is "card".
    """

    name: _Name
    family: str
    labels: Annotated[tuple[str, ...], Meta(min_length=2, max_length=len(EMOTIONS))]
    features: Annotated[tuple[FeatureSpec, ...], Meta(min_length=1, max_length=1)]
    training: TrainingData = TrainingData(corpora={}, clips=0, speakers=0)
    split: _Line = ""
    metrics: dict[str, Share | None] = msgspec.field(default_factory=lambda: dict.fromkeys(METRICS))
    intervals: dict[str, Interval | None] = msgspec.field(default_factory=lambda: dict.fromkeys(METRICS))
    interval_note: _Paragraph = ""
    per_class: dict[str, LabelScores] = msgspec.field(default_factory=dict)
    unsure_below: Share = 0.0
    temperature: Annotated[float, Meta(ge=1e-3, le=1e3)] = 1.0
    versions: Annotated[dict[_Name, _Line], _Entries] = msgspec.field(default_factory=dict)
    licences: _Items = ()
    notes: _Items = ()
    created: str = msgspec.field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    graph_digest: _Digest = ""
    extra: dict[str, Any] = msgspec.field(default_factory=dict)
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            _refuse("family", self.family, f"one of {', '.join(FAMILIES)}")
        if not set(self.labels) <= set(EMOTIONS) or len(set(self.labels)) != len(self.labels):
            _refuse("labels", self.labels, f"each once of {', '.join(EMOTIONS)}")
        if not set(METRICS) <= set(self.metrics) & set(self.intervals):
            _refuse("metrics and intervals", [*self.metrics, *self.intervals], f"each of {', '.join(METRICS)}")
        if any(ends is not None and ends[0] > ends[1] for ends in self.intervals.values()):
            _refuse("intervals", self.intervals, "a low end before the high one")
        if not set(self.per_class) <= set(self.labels):
            _refuse("per_class", sorted(self.per_class), "nothing but the model's labels")
        if not _is_utc(self.created):
            _refuse("created", self.created, "an ISO 8601 time in UTC")
        for text in self._texts():
            if not text.replace("\n", " ").isprintable():
                _refuse("a text", text, "text without control characters")
        # As JSON holds it, so that a card equals itself after a round trip.
        msgspec.structs.force_setattr(self, "extra", _as_json(self.extra))

    def _texts(self) -> Iterator[str]:
        yield from (self.name, self.split, self.interval_note, *self.licences, *self.notes)
        yield from (*self.training.corpora, *self.versions, *self.versions.values())

    def __hash__(self) -> int:
        return hash(self.to_json())

    def to_json(self) -> str:
        """Return the card as JSON on one line; numbers that are not finite become null.

        Raises
        ------
        ModelFileError
            A value without a JSON form; `kind` is "card".
        """
        try:
            return structs.to_json(self)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise ModelFileError(f"the model's card cannot be written ({error})", kind="card") from error

    @classmethod
    def from_json(cls, text: str) -> "ModelCard":
        """Read a card from JSON, possibly a stranger's; unknown fields are ignored.

        Raises
        ------
        ModelFileError
            `kind` "card": no JSON, a missing field, a value of another type or out of range; "version": another
            schema.
        """
        content = text.encode()
        _refuse_other_schema(_read(content, _Version).schema)
        try:
            card = _read(content, cls)
        except FeatureError as error:
            raise ModelFileError(f"the model's card: {error.got}", error.expected, kind="card") from error
        if missing := SPEC_FIELDS - set(_read(content, _RequiredFields).features[0]):
            _refuse("features", sorted(missing), "each of these settings")
        return card


class _Version(msgspec.Struct):
    schema: int


class _RequiredFields(msgspec.Struct):
    """Fields whose defaults are for new cards only."""

    created: str
    features: list[dict[str, msgspec.Raw]]


def _read(content: bytes, type_: type[_T]) -> _T:
    error = functools.partial(ModelFileError, kind="card")
    return structs.from_json(content, type_, title="the model's card", error=error, max_bytes=MAX_CARD_BYTES)


def _refuse(name: str, value: object, expected: str) -> NoReturn:
    got = f"the model's card has {name} {reprlib.repr(value)}"
    raise ModelFileError(got, f"{expected} is expected", kind="card")


def _refuse_other_schema(schema: int) -> None:
    if schema != SCHEMA:
        raise ModelFileError(
            f"the model's card is of version {schema}",
            f"this program reads version {SCHEMA}",
            "Update the program, or train the model again" if schema > SCHEMA else "Train the model again",
            kind="version",
        )


def _is_utc(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).utcoffset() == timedelta(0)
    except ValueError:
        return False


def _as_json(extra: dict[str, object]) -> dict[str, object]:
    try:
        content = structs.to_json(extra).encode()
    except (TypeError, ValueError, NotImplementedError, RecursionError):
        content = b""
    if not 0 < len(content) <= MAX_EXTRA_BYTES:
        _refuse("extra", extra, f"a table that is at most {MAX_EXTRA_BYTES:,} bytes of JSON")
    return msgspec.json.decode(content, type=dict[str, object])
