"""Errors: problem, expectation and remedy in the message; pickling."""

import pickle

import pytest

from aec.errors import AecError, AudioDecodeError


def test_an_error_reads_as_plain_sentences():
    error = AecError("clip.wav has 12 channels", "1 to 8 are accepted", "Export it as stereo")
    assert str(error) == "clip.wav has 12 channels; 1 to 8 are accepted. Export it as stereo."
    assert error.message == "clip.wav has 12 channels; 1 to 8 are accepted."


def test_empty_parts_leave_no_trace():
    assert str(AecError("nothing is here")) == "nothing is here."


@pytest.mark.parametrize("kind", [None, "too_long"])
def test_an_error_keeps_its_kind_between_processes(kind):
    error = AudioDecodeError("a", "b", "c", kind=kind)
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(back), back.kind, str(back)) == (AudioDecodeError, kind or "unreadable", str(error))
