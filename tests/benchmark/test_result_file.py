"""Results from files: read unchanged, or refused plainly."""

import contextlib
import copy
import json
from pathlib import Path

import pytest
from benchmark_helpers import make_network_speeds, make_result, result_fields
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aec.benchmark.result_file import MAX_BYTES, printable, read_result
from aec.errors import ResultError
from aec.settings import read_settings
from aec.system.structs import to_json
from aec.ui.benchmark.export import charts_html, measurements_csv, result_json

RESULT = make_result(networks=make_network_speeds())
REPORT = result_fields(networks=make_network_speeds())
WITHOUT_VERSION = Path(__file__).with_name("result_without_version.json")


def as_bytes(report: object) -> bytes:
    return json.dumps(report).encode()


def changed(path: str, value: object) -> bytes:
    """Return the report with one value replaced, named by its path."""
    report = copy.deepcopy(REPORT)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = report
    for part in way:
        place = place[part]
    place[last] = value
    return as_bytes(report)


def test_a_written_result_is_read_unchanged():
    assert read_result(to_json(RESULT).encode()) == RESULT
    assert read_result(as_bytes(REPORT)) == RESULT


def test_a_file_without_a_version_keeps_every_field():
    written = json.loads(WITHOUT_VERSION.read_text())
    assert "version" not in written
    result = read_result(WITHOUT_VERSION.read_bytes())
    again = json.loads(to_json(result))
    assert again.pop("version") == 1
    # Fitted again, and equal up to the last digits of another version of SciPy.
    fitted, before = again.pop("amdahl"), written.pop("amdahl")
    assert fitted.keys() == before.keys()
    for name, values in before.items():
        assert fitted[name] == (values if isinstance(values, str) else pytest.approx(values)), name
    assert again == written
    assert charts_html(result, "x", read_settings())


def test_a_file_of_a_newer_version_is_refused_and_unknown_fields_are_ignored():
    assert read_result(as_bytes({**REPORT, "new": {"field": 1}})) == RESULT
    with pytest.raises(ResultError, match=r"\$\.version"):
        read_result(as_bytes({**REPORT, "version": 2}))


def test_missing_parts_of_older_and_shorter_results_are_empty():
    needed = ("machine", "clips", "measurements")
    result = read_result(as_bytes({name: REPORT[name] for name in needed}))
    assert result.networks == result.stages == result.timelines == result.notes == result.parity.scores == ()
    assert result.features is None
    assert result.summary == RESULT.summary


def test_findings_are_computed_from_the_measurements():
    report = copy.deepcopy(REPORT)
    report["sentence"] = "The engine is a million times faster."
    for row in report["summary"]:
        row["speed_up"] = 1e6
    for row in report["networks"]:
        row |= {"samples_per_s": 1e6, "high": 1e6, "efficiency": 9.0, "step_s": 1e-6}
    result = read_result(as_bytes(report))
    assert result == RESULT
    assert result.amdahl.counts == (1, 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b'{"a":' + b"[" * 100_000, "nested too deeply"),
        (b'{"clips": NaN}', "not valid JSON"),
        (b'{"clips": ' + b"9" * 5000 + b"}", "out of range"),
        (b"[]", "expected `object`, got `array`"),
        (b'{"uar": 0.5, "predictions": []}', "the file has no measurements"),
        (b" " * (MAX_BYTES + 1), "5,000,001 bytes; at most 5,000,000"),
    ],
)
def test_files_of_something_else_are_refused(content, words):
    with pytest.raises(ResultError, match="Choose a file") as caught:
        read_result(content)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("clips", "120", "$.clips; expected `int`, got `str`"),
        ("clips", 0, "$.clips"),
        ("clips", 1.5, "$.clips"),
        ("clips", True, "$.clips"),
        ("clips", 10**400, "$.clips"),
        ("machine", None, "$.machine"),
        ("machine/cores", -1, "$.machine.cores"),
        ("machine/processor", ["x"], "$.machine.processor"),
        ("measurements", [], "first version’s extraction is not among"),
        ("measurements", {}, "$.measurements"),
        ("measurements", [{}] * 10_001, "length <= 10000"),
        ("measurements/0/version", "ours", "$.measurements[0].version"),
        ("measurements/0/version", ["first"], "$.measurements[0].version"),
        ("measurements/0/seconds", 1e300, "$.measurements[0].seconds"),
        ("measurements/0/cold", 1, "$.measurements[0].cold"),
        ("measurements/0/jobs", 65, "expected `int` <= 64"),
        ("measurements/0/repeat", 21, "$.measurements[0].repeat"),
        ("parity/scores/0/accuracy", 1.5, "$.parity.scores[0].accuracy"),
        ("parity/scores/0/f1", [1], "$.parity.scores[0].f1"),
        ("parity/scores/0/f1", {"joyous": 0.5}, "$.parity.scores[0]"),
        ("parity/largest_difference", {str(n): 1 for n in range(101)}, "$.parity.largest_difference"),
        ("stages/0/stage", "lunch", "$.stages[0].stage"),
        ("timelines/0/seconds", [0.1], "lines of equal length"),
        ("timelines/0/cores", [[1.0], [1.0, 2.0], [1.0]], "lines of equal length"),
        ("timelines/0/cores", [[1.0] * 257] * 3, "length <= 256"),
        ("networks", {"crnn": 1}, "$.networks"),
        ("networks/0/network", "gpt", "$.networks[0].network"),
        ("networks/0/parallel", "all", "$.networks[0].parallel"),
        ("networks/0/workers", 2, "$.networks[0]; expected one process"),
        ("networks/2/workers", 1, "$.networks[2]; expected several processes"),
        ("networks/0/threads", 0, "$.networks[0].threads"),
        ("networks/0/repeats_s", [], "length >= 1"),
        ("networks/0/repeats_s", [0.4, 0], "$.networks[0].repeats_s[1]"),
        ("networks/0/repeats_s", [0.4] * 21, "length <= 20"),
        ("networks/2/exchange_share", 1.5, "$.networks[2].exchange_share"),
        ("networks/3/micro_batches", 0.5, "$.networks[3].micro_batches"),
        ("networks/1/threads", 1, "each setting of the networks once"),
        ("networks/1/network", "cnn", "expected one network"),
        ("features", {"kind": "mfcc", "more": 1}, "more"),
        ("features/n_mels", "many", "n_mels"),
        ("features/sampling_rate", 10**400, "sampling_rate"),
        ("settings", {"labels": "nine"}, "nine"),
    ],
)
def test_wrong_values_are_named(path, value, words):
    with pytest.raises(ResultError) as caught:
        read_result(changed(path, value))
    assert words in str(caught.value)


def test_without_the_first_version_a_result_is_refused():
    rows = [row for row in REPORT["measurements"] if row["version"] != "first"]
    with pytest.raises(ResultError, match="not among the measurements"):
        read_result(changed("measurements", rows))


def test_texts_lose_control_characters_and_are_cut():
    result = read_result(changed("machine/processor", "a\x1b[31m\u202eb\n" + "c" * 10_000))
    text = result.machine.processor
    assert text.startswith("a [31m b c")
    assert len(text) == 300
    text.encode()
    named = read_result(changed("corpora", {"a\u202e" + "b" * 100: 3}))
    assert list(named.corpora) == ["a " + "b" * 57 + "…"]
    assert printable("  a \t b ", 3) == "a b"
    assert printable("abcd", 3) == "ab…"
    with pytest.raises(ResultError):
        read_result(changed("machine/processor", "\ud800"))


def paths(value: object, path: tuple = ()) -> list[tuple]:
    """Return the path to every value of a report; of long lists the first two entries."""
    found = [path]
    if isinstance(value, dict):
        for name, each in value.items():
            found += paths(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value[:2]):
            found += paths(each, (*path, number))
    return found


PATHS = paths(REPORT)[1:]
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["first", "engine", "threading", "extraction", 0, 1, -1, 10**30, 1e308, "\ud800", "<b>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def mutated(path: tuple, value: object, drop: bool) -> bytes:
    report = copy.deepcopy(REPORT)
    place = report
    for part in path[:-1]:
        place = place[part]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return as_bytes(report)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(PATHS), value=ODD, drop=st.booleans())
def test_a_mutated_result_is_refused_or_read_and_can_be_written_again(path, value, drop):
    try:
        found = read_result(mutated(path, value, drop))
    except ResultError:
        return
    assert measurements_csv({"x": found}).encode()
    assert read_result(result_json(found, read_settings()).encode()) == found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(PATHS), value=ODD, drop=st.booleans())
def test_a_mutated_result_that_is_read_can_be_drawn(path, value, drop):
    try:
        found = read_result(mutated(path, value, drop))
    except ResultError:
        return
    assert charts_html(found, "x", read_settings()).encode()


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200) | ODD.map(as_bytes))
def test_anything_at_all_is_refused_plainly(content):
    with pytest.raises(ResultError):
        read_result(content)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(as_bytes(REPORT)) - 1), byte=st.integers(0, 255))
def test_a_damaged_byte_never_breaks_more_than_the_file(at, byte):
    content = bytearray(as_bytes(REPORT))
    content[at] = byte
    with contextlib.suppress(ResultError):
        read_result(bytes(content))
