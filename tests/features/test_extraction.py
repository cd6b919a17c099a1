"""Parallel equals sequential; the first version agrees with the final one; a fault costs one clip, never the run."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from aec.errors import StoreError, UsageError
from aec.features import FeatureSpec
from aec.features.extraction import extract_features
from aec.features.extraction_settings import ExtractionSettings
from aec.features.feature_store import FeatureStore

SPEC = FeatureSpec()
FIRST = ExtractionSettings("librosa", "sequential", 1, blas_threads=None)
FINAL = ExtractionSettings("librosa", "loky", -1, blas_threads=None)


def matrices(paths, settings, scratch, spec=SPEC, **options) -> np.ndarray:
    extraction = extract_features([str(path) for path in paths], spec, settings, scratch=scratch, **options)
    with extraction.features:
        return extraction.features.read(extraction.rows)


@pytest.fixture(scope="module")
def clips(demo_clips) -> list[Path]:
    return demo_clips[:8]


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("jobs", [1, 3])
def test_parallel_equals_sequential_bit_for_bit(clips, tmp_path, backend, jobs):
    one = matrices(clips, ExtractionSettings("fused", "sequential", 1), tmp_path)
    np.testing.assert_array_equal(matrices(clips, ExtractionSettings("fused", backend, jobs), tmp_path), one)


def test_the_first_and_the_final_version_agree(clips, tmp_path):
    first = matrices(clips, FIRST, tmp_path)
    final = matrices(clips, FINAL, tmp_path)
    assert first.shape == (len(clips), 500, 13)
    assert np.abs(first - final).max() <= 1e-3


def test_with_one_blas_thread_they_are_bit_identical(clips, tmp_path):
    first = matrices(clips, ExtractionSettings("librosa", "sequential", 1, blas_threads=1), tmp_path)
    final = matrices(clips, ExtractionSettings("librosa", "loky", 2, blas_threads=1), tmp_path)
    np.testing.assert_array_equal(first, final)


def test_the_engine_agrees_with_the_first_version(clips, tmp_path):
    difference = matrices(clips, FIRST, tmp_path) - matrices(clips, ExtractionSettings(), tmp_path)
    assert np.abs(difference).max() <= 0.003


@pytest.mark.parametrize(
    "settings", [ExtractionSettings("fused", "threading", 2), ExtractionSettings("librosa", "sequential", 1)]
)
def test_a_clip_that_fails_is_reported_and_left_out(clips, tmp_path, settings):
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    paths = [str(clips[0]), str(broken), str(tmp_path / "gone.wav"), str(clips[1])]
    seen = []
    extraction = extract_features(paths, SPEC, settings, scratch=tmp_path, progress=lambda *step: seen.append(step))
    with extraction.features:
        assert extraction.rows.tolist() == [0, 3]
        assert [(f.row, f.error.kind) for f in extraction.failures] == [(1, "unreadable"), (2, "missing")]
        assert seen[-1] == (4, 4)
    assert extraction.seconds > 0
    assert extraction.peak_memory_mb > 10


def test_stored_features_are_the_same_and_are_counted(clips, tmp_path):
    paths = [str(path) for path in clips]
    digests = [f"digest-{i}" for i in range(len(paths) - 1)] + [None]
    store = FeatureStore(tmp_path / "f.sqlite")
    results = []
    for _ in range(2):
        extraction = extract_features(paths, SPEC, digests=digests, store=store, scratch=tmp_path)
        with extraction.features:
            results.append((extraction.cached, extraction.lengths, extraction.features.read(extraction.rows)))
    assert [cached for cached, _, _ in results] == [0, len(paths) - 1]
    for before, after in zip(results[0][1:], results[1][1:], strict=True):
        np.testing.assert_array_equal(before, after)


def test_one_added_clip_costs_one_clip(clips, tmp_path):
    store = FeatureStore(tmp_path / "f.sqlite")
    names = [str(path) for path in clips]
    for count, cached in ((5, 0), (6, 5)):
        extraction = extract_features(names[:count], SPEC, digests=names[:count], store=store, scratch=tmp_path)
        extraction.features.delete()
        assert extraction.cached == cached


KILLER = """
import os, signal, sys, threading, time
import joblib.externals.loky
from aec.errors import WorkerDiedError
from aec.features.extraction import extract_features
from aec.features.extraction_settings import ExtractionSettings
from aec.features import FeatureSpec
import psutil
from pathlib import Path

def kill_a_worker():
    # Wait until workers are there, then take one away while it works.
    while True:
        children = psutil.Process().children(recursive=True)
        children = [c for c in children if "resource_tracker" not in " ".join(c.cmdline())]
        if children:
            time.sleep(0.3)
            children[-1].kill()
            return
        time.sleep(0.02)

threading.Thread(target=kill_a_worker, daemon=True).start()
try:
    settings = ExtractionSettings("fused", "loky", 2)
    extract_features(sys.argv[2:] * 4000, FeatureSpec(), settings, scratch=Path(sys.argv[1]))
except WorkerDiedError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by signal")
def test_a_killed_worker_is_a_clear_error(clips, tmp_path):
    command = [sys.executable, "-c", KILLER, str(tmp_path), str(clips[0])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "a worker process was killed" in done.stdout, done.stderr[-500:]
    assert not list(tmp_path.glob("*.f32"))


def test_a_full_disk_is_a_clear_error(clips, monkeypatch, tmp_path):
    from aec.features.feature_file import FeatureFile

    def full(self, row, matrix):
        from aec.features.feature_file import cannot_write

        raise cannot_write(self.path.parent, matrix.nbytes, OSError(28, "No space left on device"))

    monkeypatch.setattr(FeatureFile, "write", full)
    with pytest.raises(StoreError, match="No space left"):
        matrices(clips[:2], ExtractionSettings("fused", "threading", 2), tmp_path)
    assert not list(tmp_path.glob("*.f32"))


@pytest.mark.parametrize("options", [{"engine": "magic"}, {"backend": "gpu"}, {"jobs": 0}, {"jobs": -2}])
def test_impossible_settings_are_refused(options):
    with pytest.raises(UsageError):
        ExtractionSettings(**options)


def test_rows_need_one_length(tmp_path):
    with pytest.raises(UsageError, match="max_frames"):
        extract_features([], FeatureSpec(max_frames=None), scratch=tmp_path)
