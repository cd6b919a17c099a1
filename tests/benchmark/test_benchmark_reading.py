"""Results from elsewhere: what a benchmark wrote is read as it is, everything else is refused plainly."""

import contextlib
import copy
import json

import pytest
from benchmark_helpers import make_benchmark_report, make_network_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aec.benchmark.reading import MAX_BYTES, printable, read_result
from aec.errors import ResultError
from aec.settings import read_settings
from aec.ui.benchmark.document import charts_html
from aec.ui.benchmark.files import measurements_csv, result_json

REPORT = make_benchmark_report(networks=make_network_rows())


def as_bytes(report: object) -> bytes:
    return json.dumps(report).encode()


def changed(path: str, value: object) -> bytes:
    """Return the report with one value replaced, named by its way through it."""
    report = copy.deepcopy(REPORT)
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place = report
    for part in way:
        place = place[part]
    place[last] = value
    return as_bytes(report)


def test_what_a_benchmark_wrote_is_read_as_it_is():
    found = read_result(as_bytes(REPORT))
    for name in (
        "clips",
        "corpora",
        "repeats",
        "measurements",
        "summary",
        "parity",
        "stages",
        "networks",
        "timelines",
        "sentence",
    ):
        assert found[name] == REPORT[name], name
    # What was read can be given away and read again.
    assert read_result(as_bytes(found)) == found


def test_what_older_and_shorter_results_lack_is_empty():
    needed = ("machine", "clips", "measurements")
    found = read_result(as_bytes({name: REPORT[name] for name in needed}))
    assert found["networks"] == []
    assert found["stages"] == found["timelines"] == found["notes"] == found["parity"]["scores"] == []
    assert found["features"] is None
    assert found["summary"] == REPORT["summary"]


def test_what_can_be_computed_is_not_believed():
    report = copy.deepcopy(REPORT)
    report["sentence"] = "The engine is a million times faster."
    for row in report["summary"]:
        row["speed_up"] = 1e6
    for row in report["networks"]:
        row |= {"samples_per_s": 1e6, "high": 1e6, "efficiency": 9.0, "step_s": 1e-6}
    found = read_result(as_bytes(report))
    assert found["sentence"] == REPORT["sentence"]
    assert found["summary"] == REPORT["summary"]
    assert found["networks"] == REPORT["networks"]
    assert found["amdahl"]["counts"] == [1, 2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON text"),
        (b"\xff\xfe\x00", "no JSON text"),
        (b"[" * 100_000, "no JSON text"),
        (b'{"clips": NaN}', "no JSON text"),
        (b'{"clips": ' + b"9" * 5000 + b"}", "no JSON text"),
        (b"[]", "the file is a list; an object with named fields is expected"),
        (b'{"uar": 0.5, "predictions": []}', "the file has no measurements"),
        (b" " * (MAX_BYTES + 1), "5.0 MB; 5 MB at most"),
    ],
)
def test_files_of_something_else_are_refused(content, words):
    with pytest.raises(ResultError, match="Choose a file") as caught:
        read_result(content)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("clips", "120", "clips is '120'; a number from 1"),
        ("clips", 0, "clips is 0"),
        ("clips", 1.5, "a whole number is expected"),
        ("clips", True, "clips is True"),
        ("clips", 10**400, "a number from 1"),
        ("machine", None, "machine is missing"),
        ("machine/cores", -1, "machine.cores is -1"),
        ("machine/processor", ["x"], "machine.processor is a list; text is expected"),
        ("measurements", [], "first version’s extraction is not among"),
        ("measurements", {}, "measurements is an object; a list"),
        ("measurements", [{}] * 5001, "5,001 entries"),
        ("measurements/0/version", "ours", "measurements[0].version is 'ours'"),
        ("measurements/0/version", ["first"], "is a list"),
        ("measurements/0/seconds", 1e300, "measurements[0].seconds is 1e+300"),
        ("measurements/0/cold", 1, "true or false"),
        ("measurements/0/jobs", 65, "from 1 to 64"),
        ("parity/scores/0/accuracy", 1.5, "from 0 to 1"),
        ("parity/scores/0/f1", [1], "parity.scores[0].f1 is a list"),
        ("parity/largest_difference", {str(n): 1 for n in range(101)}, "101 entries"),
        ("stages/0/stage", "lunch", "stages[0].stage is 'lunch'"),
        ("timelines/0/seconds", [0.1], "lines of several lengths"),
        ("timelines/0/cores", [[1.0], [1.0, 2.0], [1.0]], "lines of several lengths"),
        ("networks", {"crnn": 1}, "networks is an object; a list"),
        ("networks/0/network", "gpt", "networks[0].network is 'gpt'"),
        ("networks/0/parallel", "all", "one of 'none', 'data', 'model'"),
        ("networks/0/workers", 2, "networks[0].workers does not fit 'none'"),
        ("networks/2/workers", 1, "networks[2].workers does not fit 'data'"),
        ("networks/0/threads", 0, "networks[0].threads is 0"),
        ("networks/0/repeats_s", [], "networks[0].repeats_s is empty"),
        ("networks/0/repeats_s", [0.4, 0], "networks[0].repeats_s[1] is 0"),
        ("networks/0/repeats_s", [0.4] * 21, "21 entries"),
        ("networks/2/exchange_share", 1.5, "networks[2].exchange_share is 1.5"),
        ("networks/3/micro_batches", 0.5, "networks[3].micro_batches"),
        ("networks/1/threads", 1, "networks has a setting twice"),
        ("networks/1/network", "cnn", "networks has rows of several networks"),
        ("features", {"kind": "mfcc", "more": 1}, "feature settings"),
        ("features/n_mels", "many", "feature settings"),
        ("features/sampling_rate", 10**400, "feature settings"),
        ("timelines/0/cores", [[1.0] * 257] * 3, "257 entries"),
        ("settings", {"labels": "nine"}, "settings.labels is 'nine'"),
    ],
)
def test_wrong_values_are_named(path, value, words):
    with pytest.raises(ResultError) as caught:
        read_result(changed(path, value))
    assert words in str(caught.value)


def test_without_the_first_version_there_is_nothing_to_hold_against():
    rows = [row for row in REPORT["measurements"] if row["version"] != "first"]
    with pytest.raises(ResultError, match="not among the measurements"):
        read_result(changed("measurements", rows))


def test_texts_lose_what_steers_and_what_is_too_long():
    found = read_result(changed("machine/processor", "a\x1b[31m\u202eb\ud800\n" + "c" * 10_000))
    text = found["machine"]["processor"]
    assert text.startswith("a [31m b c")
    assert len(text) == 300
    text.encode()
    assert printable("  a \t b ", 3) == "a b"
    assert printable("abcd", 3) == "ab…"


def ways(value: object, way: tuple = ()) -> list[tuple]:
    """Return the way to every value of a report; of long lists the first two entries."""
    found = [way]
    if isinstance(value, dict):
        for name, each in value.items():
            found += ways(each, (*way, name))
    elif isinstance(value, list):
        for number, each in enumerate(value[:2]):
            found += ways(each, (*way, number))
    return found


WAYS = ways(REPORT)[1:]
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


def mutated(way: tuple, value: object, drop: bool) -> bytes:
    report = copy.deepcopy(REPORT)
    place = report
    for part in way[:-1]:
        place = place[part]
    if drop:
        del place[way[-1]]
    else:
        place[way[-1]] = value
    return as_bytes(report)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(way=st.sampled_from(WAYS), value=ODD, drop=st.booleans())
def test_a_mutated_result_is_read_or_refused_and_what_is_read_can_be_given_away(way, value, drop):
    try:
        found = read_result(mutated(way, value, drop))
    except ResultError:
        return
    assert measurements_csv({"x": found}).encode()
    assert read_result(result_json(found, read_settings()).encode())["summary"] == found["summary"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(way=st.sampled_from(WAYS), value=ODD, drop=st.booleans())
def test_a_mutated_result_that_is_read_can_be_drawn(way, value, drop):
    try:
        found = read_result(mutated(way, value, drop))
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
