"""Strict decoding of structs: types, bounds, finiteness, size, depth; unknown fields are ignored."""

from typing import Annotated

import msgspec
import pytest

from aec.errors import ResultError
from aec.system.structs import from_builtins, from_json, to_json


class Score(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: Annotated[float, msgspec.Meta(ge=0, le=1)]
    parts: tuple[float, ...] = ()


def read(text, **options):
    return from_json(text, Score, title="The file 'a.json'", error=ResultError, **options)


def test_what_is_written_is_read_again():
    score = Score(name="uar", value=0.5, parts=(0.25, 0.75))
    assert read(to_json(score)) == score
    assert read(to_json(score, indent=1)) == score


def test_unknown_fields_are_ignored():
    assert read('{"name": "uar", "value": 1, "later": [{}]}') == Score(name="uar", value=1.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"name": "uar"}', ["value"]),
        ('{"name": "uar", "value": "1"}', ["$.value", "float"]),
        ('{"name": "uar", "value": 1.5}', ["$.value", "1.0"]),
        ('{"name": "uar", "value": 1e999}', ["$.value", "out of range"]),
        ('{"name": "uar", "value": NaN}', ["JSON"]),
        ('{"name": "uar", "value": 1, "parts": [0, null]}', ["$.parts[1]"]),
        ("[1]", ["object"]),
        ("", ["JSON"]),
        ('{"name": "uar", "value": 1, "x": ' + "[" * 100_000 + "]" * 100_000 + "}", ["nested"]),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(text, words):
    with pytest.raises(ResultError) as refusal:
        read(text, remedy="Export it again")
    message = str(refusal.value)
    assert "a.json" in message
    assert message.endswith("Export it again.")
    for word in words:
        assert word in message


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(ResultError, match="not valid JSON"):
        read(b'{"name": "\xff\xfe", "value": 1}')


def test_the_size_is_checked_before_anything_is_parsed():
    with pytest.raises(ResultError, match="at most 10"):
        read('{"name": "uar", "value": 1}', max_bytes=10)


def test_builtins_are_converted_by_the_same_rules():
    assert from_builtins({"name": "uar", "value": 1}, Score, title="It", error=ResultError).value == 1.0
    with pytest.raises(ResultError, match=r"\$\.value"):
        from_builtins({"name": "uar", "value": 2}, Score, title="It", error=ResultError)


def test_numbers_that_are_not_finite_are_written_as_null():
    assert to_json({"a": float("nan"), "b": float("-inf")}) == '{"a":null,"b":null}'
