"""Every engine, backend and feature kind of `aec extract` writes the same format."""

import json

import numpy as np
import pytest
from choices import every_combination, offered_by_the_shell

from aec.cli import main
from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import UsageError
from aec.features.clusters import CLUSTERS, refuse_missing

CHOICES = {name: offered_by_the_shell("extract", f"--{name}") for name in ("engine", "features", "backend")}
CHOICES["backend"] = (None, *CHOICES["backend"])
# Threads are quick; processes and clusters take seconds to start.
CASES = [
    pytest.param(
        choice,
        id="-".join(map(str, choice.values())),
        marks=[] if choice["backend"] in (None, "threading") else [pytest.mark.processes],
    )
    for choice in every_combination(CHOICES)
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a manifest of three demo clips."""
    folder = tmp_path_factory.mktemp("data")
    clips = sorted(DEMO_FOLDERS["demo-german"].rglob("*.ogg"))[:3]
    lines = [f"{clip},sad,{clip.parent.name}" for clip in clips]
    (folder / "manifest.csv").write_text("\n".join(["path,emotion,speaker", *lines]) + "\n")
    return folder / "manifest.csv"


@pytest.mark.parametrize("choice", CASES)
def test_every_choice_extracts(choice, data, tmp_path, capsys):
    if choice["backend"] in CLUSTERS:
        try:
            refuse_missing(choice["backend"])
        except UsageError as error:
            pytest.skip(str(error))
    if choice["backend"] == "threading" and choice["engine"] == "librosa":
        pytest.skip("the described engine works in processes")
    target = tmp_path / "features.npz"
    options = [f"--{name}={value}" for name, value in choice.items() if value is not None]
    assert main(["extract", str(data), "--out", str(target), "--jobs=2", "--json", "--no-cache", *options]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["clips"], figures["failed"], figures["engine"]) == (3, 0, choice["engine"])
    with np.load(target, allow_pickle=False) as written:
        assert written["X"].shape[0] == 3
        assert np.isfinite(written["X"]).all()
        assert list(written["emotion"]) == ["sad"] * 3
