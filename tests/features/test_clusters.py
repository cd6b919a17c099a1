"""Workers of Dask and Ray: equal features, and plain errors."""

import importlib.util
import time

import joblib
import numpy as np
import pytest

from aec.errors import UsageError, WorkerDiedError
from aec.features import FeatureSpec, clusters
from aec.features.clusters import CLUSTERS, cluster, refuse_missing, results
from aec.features.extraction import extract_features
from aec.features.extraction_settings import ExtractionSettings

pytestmark = pytest.mark.processes


@pytest.fixture(params=list(CLUSTERS))
def backend(request) -> str:
    module, _ = CLUSTERS[request.param]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    return request.param


@pytest.mark.parametrize("name", list(CLUSTERS))
def test_a_missing_library_is_refused_with_the_command_that_installs_it(name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _module: None)
    with pytest.raises(UsageError, match=rf"{name} needs a library .* pip install .*{name}"):
        refuse_missing(name)


def test_the_same_features_as_a_plain_loop_and_the_same_failures(backend, demo_clips, tmp_path):
    (tmp_path / "empty.wav").touch()
    paths = [*map(str, demo_clips[:6]), str(tmp_path / "empty.wav")]
    seen = []
    for settings in (ExtractionSettings("fused", "sequential", 1), ExtractionSettings("fused", backend, 2)):
        steps: list[tuple[int, int]] = []
        done = extract_features(
            paths, FeatureSpec(), settings, scratch=tmp_path, progress=lambda *step, steps=steps: steps.append(step)
        )
        with done.features:
            seen.append((done.features.read(np.arange(7)), done.lengths.tolist(), [f.row for f in done.failures]))
        assert steps[-1] == (7, 7)
        assert "empty" in str(done.failures[0].error)
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    assert seen[0][1:] == seen[1][1:]


def test_a_stalled_worker_is_an_error_after_the_timeout(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(clusters, "_TIMEOUT_S", 1.0)
    with (
        cluster("dask", 2) as cores,
        pytest.raises(WorkerDiedError, match="gave no result for 1 s"),
    ):
        list(results("dask", [joblib.delayed(time.sleep)(20)] * 2, cores))
