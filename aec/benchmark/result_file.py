"""Reading of benchmark results from JSON, also from strangers.

Everything that can be computed is computed anew from the measurements (speed-ups, Amdahl's law, the networks' speed,
the sentence), so that a file cannot state findings that its own numbers do not give. Unknown fields are ignored.
"""

from typing import Any

from aec.benchmark.results import BenchmarkData, BenchmarkResult
from aec.benchmark.summary import fastest, summarise
from aec.errors import FeatureError, ResultError, UsageError
from aec.system.structs import from_builtins, from_json

MAX_BYTES = 5_000_000
_REMEDY = "Choose a file that “Result (JSON)” on this page or aec benchmark --out has written"
_TITLE = "the benchmark result"
_MAX_TEXT, _MAX_KEY = 300, 60


def read_result(content: bytes, max_bytes: int | None = MAX_BYTES) -> BenchmarkResult:
    """Read a result.

    Parameters
    ----------
    content : bytes
        JSON, as `aec benchmark --out` or `--json` writes it, as the dashboard offers it, or as a run keeps it.
    max_bytes : int or None
        Largest accepted size; None accepts all.

    Raises
    ------
    ResultError
        The content is no result of a benchmark, or without a measurement of the first version's extraction.
    """
    fields = from_json(content, dict[str, Any], title=_TITLE, error=ResultError, max_bytes=max_bytes, remedy=_REMEDY)
    if "measurements" not in fields:
        raise ResultError("the file has no measurements", "the result of a benchmark is expected", _REMEDY)
    fields = {name: _cleaned(value) for name, value in fields.items()}
    try:
        data = from_builtins(fields, BenchmarkData, title=_TITLE, error=ResultError, remedy=_REMEDY)
    except (FeatureError, UsageError) as error:
        raise ResultError(f"{_TITLE}: {error.got}", error.expected, _REMEDY) from error
    result = summarise(data)
    if fastest(result.summary, "first") is None:
        raise ResultError(
            "the first version’s extraction is not among the measurements",
            "all speed-ups are relative to it",
            _REMEDY,
        )
    return result


def printable(text: str, most: int = _MAX_TEXT) -> str:
    """Return text on one line, cut at `most` characters, printable only.

    Removed are characters that control terminals or the direction of text.
    """
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 4 * most]).split())
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def _cleaned(value: object) -> object:
    """Return JSON types with all texts and names made printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {printable(name, _MAX_KEY): _cleaned(each) for name, each in value.items()}
    return value
