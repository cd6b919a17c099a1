"""The environment: defaults, numbers, and what is no number."""

import os
from pathlib import Path

import pytest

from aec.errors import UsageError
from aec.settings import read_settings, usable_cores


def test_defaults():
    settings = read_settings({})
    assert settings.home == Path(".aec")
    assert settings.data == (Path("data"),)
    assert (settings.jobs, settings.max_seconds, settings.max_mb, settings.public) == (None, 900, 25, False)


def test_everything_can_be_set():
    env = {
        "AEC_HOME": "h",
        "AEC_DATA": os.pathsep.join(["a", "b"]),
        "AEC_JOBS": "3",
        "AEC_MAX_SECONDS": "10.5",
        "AEC_MAX_MB": "2",
        "AEC_PUBLIC": "1",
    }
    settings = read_settings(env)
    assert settings.data == (Path("a"), Path("b"))
    assert (settings.jobs, settings.max_seconds, settings.max_mb, settings.public) == (3, 10.5, 2, True)


@pytest.mark.parametrize("value", ["many", "0", "-1", "nan", "inf"])
def test_a_bad_number_is_refused_by_name(value):
    with pytest.raises(UsageError, match="AEC_JOBS"):
        read_settings({"AEC_JOBS": value})


def test_the_limit_of_workers_holds(monkeypatch):
    monkeypatch.setenv("AEC_JOBS", "1")
    assert usable_cores() == 1


@pytest.mark.parametrize("value", ["1", "true", "True", "YES", "on", " true "])
def test_public_mode_in_every_spelling(value):
    assert read_settings({"AEC_PUBLIC": value}).public


@pytest.mark.parametrize("value", ["0", "false", "False", "NO", "off", "", "  ", "\t"])
def test_private_mode_in_every_spelling(value):
    assert not read_settings({"AEC_PUBLIC": value}).public


@pytest.mark.parametrize("value", ["2", "ja", "truee", "none", "public"])
def test_an_odd_public_mode_is_refused(value):
    with pytest.raises(UsageError, match="AEC_PUBLIC") as refusal:
        read_settings({"AEC_PUBLIC": value})
    assert value in str(refusal.value)
