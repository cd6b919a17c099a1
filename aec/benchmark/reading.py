"""A benchmark's result from another machine: bytes of JSON -> a report that is safe to draw.

What can be computed is computed anew from the measurements (speed-ups, Amdahl's law, the networks' pace, the
sentence), so that no file says what its own numbers do not. Everything else is taken field by field, by type and
range; what is not known is left out. Texts lose whatever cannot be printed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import msgspec

from aec.benchmark.networks import setting_of, with_figures
from aec.benchmark.scaling import fit_engine
from aec.benchmark.settings import BACKENDS, MAX_JOBS, MAX_REPEATS, VERSIONS
from aec.benchmark.stages import STAGES, TAKEN_APART
from aec.benchmark.summary import best_row, sentence, speed_ups
from aec.emotions import EMOTIONS, LABEL_SETS
from aec.errors import FeatureError, ResultError
from aec.features import FeatureSpec
from aec.models.deep.pace_settings import PARALLEL
from aec.models.deep.settings import NETWORKS

MAX_BYTES = 5_000_000
_REMEDY = "Choose a file that “Result (JSON)” on this page or aec benchmark --out has written"
_MOST_ROWS = 5_000
_MOST_LINES = 100
_MOST_SAMPLES = 1_000
_MOST_ENTRIES = 100
_MOST_CORES = 256
_LONGEST = 300
# Larger numbers of seconds, megabytes or clips come from no benchmark.
_GREATEST = 1e9

_WORKERS = ("sequential", *BACKENDS)
_MEASURED = ("extraction", "training", "total")
_T = TypeVar("_T")


def read_result(content: bytes) -> dict[str, Any]:
    """Read a result.

    Parameters
    ----------
    content : bytes
        JSON, as `aec benchmark --out` or `--json` writes it and as the dashboard gives it.

    Returns
    -------
    dict
        As `aec.benchmark.benchmark` returns it; without `timelines`, `parity`, `stages` or `networks` in the file
        they are empty.

    Raises
    ------
    ResultError
        Whatever is wrong with it.
    """
    if len(content) > MAX_BYTES:
        size = f"{len(content) / 1e6:.1f} MB"
        raise ResultError(f"the file has {size}", f"{MAX_BYTES / 1e6:g} MB at most are expected", _REMEDY)
    fields = _object(_parsed(content), "the file")
    if "measurements" not in fields:
        raise ResultError("the file has no measurements", "the result of a benchmark is expected", _REMEDY)
    rows = _many(fields["measurements"], "measurements", _measurement, most=_MOST_ROWS)
    summary = speed_ups(rows)
    if best_row(summary, "first") is None:
        raise ResultError(
            "the first version’s extraction is not among the measurements", "all others are held against it", _REMEDY
        )
    machine = _machine(_object(fields.get("machine"), "machine"))
    clips = _whole(fields.get("clips"), "clips", 1, _GREATEST)
    parity = _parity(_object(fields.get("parity") or {}, "parity"))
    settings = _settings(_object(fields.get("settings") or {}, "settings"))
    backend = next((row["backend"] for row in rows if row["version"] == "engine"), "threading")
    return {
        "machine": machine,
        "clips": clips,
        "duration_s": _number(fields.get("duration_s", 0), "duration_s"),
        "corpora": _table(fields.get("corpora"), "corpora", lambda value, name: _whole(value, name, 0, _GREATEST)),
        "settings": settings,
        "repeats": len({row["repeat"] for row in rows}),
        "measurements": rows,
        "summary": summary,
        "amdahl": fit_engine(rows, settings.get("backends", [backend])[0], machine["cores"]),
        "parity": parity,
        "stages": _many(fields.get("stages") or [], "stages", _part, most=_MOST_ENTRIES),
        "networks": _networks(fields.get("networks") or []),
        "features": _features(fields.get("features")),
        "timelines": _many(fields.get("timelines") or [], "timelines", _timeline, most=_MOST_LINES),
        "notes": _many(fields.get("notes") or [], "notes", _text, most=_MOST_ENTRIES),
        "sentence": sentence(clips, machine["cores"], summary, parity),
        "cancelled": fields.get("cancelled") is True,
    }


def printable(text: str, most: int = _LONGEST) -> str:
    """Return text on one line, cut if it is long, without signs that steer terminals or turn the direction."""
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * most]).split())
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ResultError("the file is no JSON text", "the result of a benchmark is expected", _REMEDY) from error


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _measurement(value: object, name: str) -> dict[str, Any]:
    row = _object(value, name)
    return {
        **_workers(row, name),
        "cold": _flag(row.get("cold"), f"{name}.cold"),
        "repeat": _whole(row.get("repeat"), f"{name}.repeat", 1, MAX_REPEATS),
        "stage": _one_of(row.get("stage"), f"{name}.stage", _MEASURED),
        "seconds": _number(row.get("seconds"), f"{name}.seconds"),
        "cpu_s": _moment_s(row.get("cpu_s"), f"{name}.cpu_s"),
        "peak_memory_mb": _number(row.get("peak_memory_mb"), f"{name}.peak_memory_mb"),
    }


def _workers(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {
        "version": _one_of(row.get("version"), f"{name}.version", tuple(VERSIONS)),
        "backend": _one_of(row.get("backend"), f"{name}.backend", _WORKERS),
        "jobs": _whole(row.get("jobs"), f"{name}.jobs", 1, MAX_JOBS),
    }


def _machine(fields: Mapping[str, Any]) -> dict[str, Any]:
    def optional(name: str) -> int | None:
        return None if fields.get(name) is None else _whole(fields[name], f"machine.{name}", 0, _GREATEST)

    found: dict[str, Any] = {
        "processor": _text(fields.get("processor", ""), "machine.processor"),
        "cores": _whole(fields.get("cores"), "machine.cores", 1, 100_000),
        "cores_in_all": optional("cores_in_all"),
        "memory_mb": optional("memory_mb"),
        "memory_limit_mb": optional("memory_limit_mb"),
        "system": _text(fields.get("system", ""), "machine.system"),
        "python": _text(fields.get("python", ""), "machine.python"),
    }
    for name in ("libraries", "thread_settings"):
        found[name] = _table(fields.get(name), f"machine.{name}", _text)
    return {**found, "blas": _many(fields.get("blas") or [], "machine.blas", _pool, most=_MOST_ENTRIES)}


def _pool(value: object, name: str) -> dict[str, Any]:
    fields = _object(value, name)
    return {
        "library": _text(fields.get("library", ""), f"{name}.library"),
        "version": _text(str(fields.get("version")), f"{name}.version"),
        "threads": _whole(fields.get("threads"), f"{name}.threads", 0, 100_000),
    }


def _parity(fields: Mapping[str, Any]) -> dict[str, Any]:
    def difference(value: object, name: str) -> float | None:
        return None if value is None else _number(value, name)

    differences = _table(fields.get("largest_difference"), "parity.largest_difference", difference)
    split = fields.get("split")
    return {
        "largest_difference": {name: value for name, value in differences.items() if name in VERSIONS},
        "scores": _many(fields.get("scores") or [], "parity.scores", _score, most=len(VERSIONS)),
        "split": None if split is None else _text(split, "parity.split"),
    }


def _score(value: object, name: str) -> dict[str, Any]:
    fields = _object(value, name)
    metrics = ("accuracy", "uar", "f1_weighted", "f1_macro", "low", "high")
    f1 = _table(fields.get("f1"), f"{name}.f1", _share)
    return {
        "version": _one_of(fields.get("version"), f"{name}.version", tuple(VERSIONS)),
        **{metric: _share(fields.get(metric), f"{name}.{metric}") for metric in metrics},
        "f1": {emotion: f1[emotion] for emotion in EMOTIONS if emotion in f1},
    }


def _settings(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what two results are held against each other by; the rest of the settings shows in the measurements."""
    found: dict[str, Any] = {}
    if fields.get("labels") is not None:
        found["labels"] = _one_of(fields["labels"], "settings.labels", tuple(LABEL_SETS))
    if fields.get("seed") is not None:
        found["seed"] = _whole(fields["seed"], "settings.seed", -_GREATEST, _GREATEST)
    if fields.get("backends"):
        found["backends"] = _many(fields["backends"], "settings.backends", _backend, most=len(BACKENDS))
    return found


def _backend(value: object, name: str) -> str:
    return _one_of(value, name, BACKENDS)


def _part(value: object, name: str) -> dict[str, Any]:
    fields = _object(value, name)
    return {
        "version": _one_of(fields.get("version"), f"{name}.version", TAKEN_APART),
        "stage": _one_of(fields.get("stage"), f"{name}.stage", tuple(STAGES)),
        "ms": _number(fields.get("ms"), f"{name}.ms"),
        "share": _share(fields.get("share"), f"{name}.share"),
        "clips": _whole(fields.get("clips", 1), f"{name}.clips", 1, _GREATEST),
        "duration_s": _number(fields.get("duration_s", 0), f"{name}.duration_s"),
    }


def _networks(value: object) -> list[dict[str, Any]]:
    rows = _many(value, "networks", _network, most=_MOST_ENTRIES)
    if len({setting_of(row) for row in rows}) < len(rows):
        raise ResultError("networks has a setting twice", "one row for each is expected", _REMEDY)
    if len({row["network"] for row in rows}) > 1:
        raise ResultError("networks has rows of several networks", "one is expected", _REMEDY)
    return with_figures(rows)


def _network(value: object, name: str) -> dict[str, Any]:
    fields = _object(value, name)

    def optional(key: str, read: Callable[[object, str], _T]) -> _T | None:
        return None if fields.get(key) is None else read(fields[key], f"{name}.{key}")

    row = {
        "network": _one_of(fields.get("network"), f"{name}.network", NETWORKS),
        "parallel": _one_of(fields.get("parallel"), f"{name}.parallel", PARALLEL),
        "workers": _whole(fields.get("workers"), f"{name}.workers", 1, MAX_JOBS),
        "threads": _whole(fields.get("threads"), f"{name}.threads", 1, 100_000),
        "batch_size": _whole(fields.get("batch_size"), f"{name}.batch_size", 1, _GREATEST),
        "repeats_s": _many(fields.get("repeats_s"), f"{name}.repeats_s", _step_s, most=MAX_REPEATS),
        "exchange_mb": optional("exchange_mb", _number),
        "exchange_share": optional("exchange_share", _share),
        "idle_share": optional("idle_share", _share),
        "micro_batches": optional("micro_batches", lambda each, where: _whole(each, where, 1, _GREATEST)),
    }
    if not row["repeats_s"]:
        raise ResultError(f"{name}.repeats_s is empty", "a time for each repeat is expected", _REMEDY)
    if (row["parallel"] == "none") != (row["workers"] == 1):
        raise ResultError(f"{name}.workers does not fit {row['parallel']!r}", "one process, or several", _REMEDY)
    return row


def _step_s(value: object, name: str) -> float:
    return _number(value, name, 1e-6)


def _features(value: object) -> dict[str, Any] | None:
    if value is None:
        return None
    fields = _object(value, "features")
    try:
        spec = msgspec.convert(fields, FeatureSpec)
    except (FeatureError, msgspec.ValidationError) as error:
        raise ResultError("the feature settings are not ones of this product", "", _REMEDY) from error
    return msgspec.structs.asdict(spec)


def _timeline(value: object, name: str) -> dict[str, Any]:
    fields = _object(value, name)
    lines = {
        key: _many(fields.get(key), f"{name}.{key}", _number, most=_MOST_SAMPLES)
        for key in ("anonymous_mb", "file_mb")
    }
    lines["seconds"] = _many(fields.get("seconds"), f"{name}.seconds", _moment_s, most=_MOST_SAMPLES)
    cores = _many(fields.get("cores"), f"{name}.cores", _loads, most=_MOST_SAMPLES)
    if len({*map(len, lines.values()), len(cores)}) > 1 or len({len(loads) for loads in cores}) > 1:
        raise ResultError(f"{name} has lines of several lengths", "equally long ones are expected", _REMEDY)
    stages = _many(fields.get("stages") or [], f"{name}.stages", _moment, most=_MOST_ENTRIES)
    return {**_workers(fields, name), **lines, "cores": cores, "stages": stages}


def _loads(value: object, name: str) -> list[float]:
    return _many(value, name, _number, most=_MOST_CORES)


def _moment(value: object, name: str) -> dict[str, Any]:
    fields = _object(value, name)
    return {
        "stage": _one_of(fields.get("stage"), f"{name}.stage", _MEASURED),
        "cold": _flag(fields.get("cold"), f"{name}.cold"),
        "begin": _moment_s(fields.get("begin"), f"{name}.begin"),
        "end": _moment_s(fields.get("end"), f"{name}.end"),
    }


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(name, value, "an object with named fields")
    return value


def _many(value: object, name: str, read: Callable[[object, str], _T], *, most: int) -> list[_T]:
    if not isinstance(value, list):
        _refuse(name, value, "a list")
    if len(value) > most:
        raise ResultError(f"{name} has {len(value):,} entries", f"{most:,} at most are expected", _REMEDY)
    return [read(each, f"{name}[{number}]") for number, each in enumerate(value)]


def _table(value: object, name: str, read: Callable[[object, str], _T]) -> dict[str, _T]:
    fields = _object({} if value is None else value, name)
    if len(fields) > _MOST_ENTRIES:
        raise ResultError(f"{name} has {len(fields):,} entries", f"{_MOST_ENTRIES} at most are expected", _REMEDY)
    return {printable(key, 60): read(each, f"{name}.{printable(key, 60)}") for key, each in fields.items()}


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        _refuse(name, value, "text")
    return printable(value)


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        _refuse(name, value, "true or false")
    return value


def _number(value: object, name: str, low: float = 0.0, high: float = _GREATEST) -> float:
    # A bool is an int to Python, and a number with very many digits is too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        _refuse(name, value, f"a number from {low:g} to {high:g}")
    return float(value)


def _moment_s(value: object, name: str) -> float:
    # A clock that is put right meanwhile, or a worker that ends, can make a difference of times negative.
    return _number(value, name, -_GREATEST)


def _share(value: object, name: str) -> float:
    return _number(value, name, 0.0, 1.0)


def _whole(value: object, name: str, low: float, high: float) -> int:
    number = _number(value, name, low, high)
    if not number.is_integer():
        _refuse(name, value, "a whole number")
    return round(number)


def _one_of(value: object, name: str, known: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in known:
        _refuse(name, value, f"one of {', '.join(map(repr, known))}")
    return value


def _refuse(name: str, value: object, expected: str) -> NoReturn:
    if value is None:
        got = f"{name} is missing"
    elif isinstance(value, dict | list):
        got = f"{name} is {'an object' if isinstance(value, dict) else 'a list'}"
    else:
        got = f"{name} is {printable(repr(value)[:200], 60)}"
    raise ResultError(got, f"{expected} is expected", _REMEDY)
