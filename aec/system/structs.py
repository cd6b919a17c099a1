"""JSON of frozen structs: one strict decoder and one encoder for all results.

Results are `msgspec.Struct` classes: msgspec checks types and bounds (`msgspec.Meta`) while it parses, is strict by
default, and depends on no other package, so that `import aec` stays light.
"""

import numbers
import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

from aec.errors import AecError

T = TypeVar("T")

# msgspec's messages end with the JSON path of the value, such as "at `$.clips[3]`".
_PATH = re.compile(r" - at `(?P<path>[^`]*)`$")


def from_json(
    content: bytes | str,
    type_: type[T],
    *,
    title: str,
    error: Callable[[str, str, str], AecError],
    max_bytes: int | None = None,
    remedy: str = "",
) -> T:
    """Decode JSON into a struct, strictly.

    Unknown fields are ignored. Numbers that are not finite, values of another type and values out of bounds are
    refused; a number in quotes is not a number.

    Parameters
    ----------
    content : bytes or str
        One JSON value; bytes are UTF-8.
    type_ : type
        A struct class, or any other type that msgspec decodes.
    title : str
        Name of the content, the subject of the error message, for example `The file 'result.json'`.
    error : callable
        Makes the exception to raise of what came, what is expected, and a remedy: a class of `AecError`.
    max_bytes : int, optional
        Largest accepted size.
    remedy : str
        What the user can do about a refusal.

    Returns
    -------
    T
        An instance of `type_`.

    Raises
    ------
    AecError
        Of the class `error`, if the content is too large, no JSON, or does not fit the type.
    """
    if max_bytes is not None and len(content) > max_bytes:
        raise error(f"{title} has {len(content):,} bytes", f"at most {max_bytes:,} are accepted", remedy)
    try:
        return msgspec.json.decode(content, type=type_)
    except msgspec.ValidationError as problem:
        raise error(*_explain(title, problem), remedy) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise error(f"{title} is not valid JSON", "", remedy) from None
    except RecursionError:
        raise error(f"{title} is nested too deeply", "", remedy) from None


def from_builtins(
    value: object, type_: type[T], *, title: str, error: Callable[[str, str, str], AecError], remedy: str = ""
) -> T:
    """Convert builtin types to a struct; errors as `from_json`, but floats may be NaN."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as problem:
        raise error(*_explain(title, problem), remedy) from None


def to_json(value: object, *, indent: int = 0) -> str:
    """Encode a struct, or a value of builtin types, as strict JSON.

    Numbers that are not finite become null; NumPy's scalars are numbers.

    Parameters
    ----------
    value : object
    indent : int
        Spaces per level; 0 writes everything on one line.

    Returns
    -------
    str
    """
    text = msgspec.json.encode(value, enc_hook=_to_builtin)
    return (msgspec.json.format(text, indent=indent) if indent else text).decode()


def _to_builtin(value: object) -> object:
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form")


def _explain(title: str, problem: msgspec.ValidationError) -> tuple[str, str]:
    """Return what came and what is expected, from msgspec's message."""
    message = str(problem)
    found = _PATH.search(message)
    if found is None:
        return f"{title} does not have the expected form", _lower(message)
    return f"{title} has an unexpected value at {found['path']}", _lower(message[: found.start()])


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]
