"""Parallel extraction of features from clips."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from aec.errors import AecError, UsageError
from aec.features.engines import Engine, load_engine
from aec.features.extraction_settings import ExtractionSettings
from aec.features.feature_file import FeatureFile
from aec.features.feature_store import FeatureStore, feature_key
from aec.features.spec import FeatureSpec
from aec.features.workers import run
from aec.settings import read_settings
from aec.system.memory import PeakMemory

_STORE_BATCH = 64

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Failure:
    """A clip without features: its row in the table, its path, and the error."""

    row: int
    path: str
    error: AecError


@dataclass(frozen=True, eq=False)
class Extraction:
    """The result of an extraction.

    Parameters
    ----------
    features : FeatureFile
        One row per clip of the table; the rows of failed clips are zero.
    lengths : np.ndarray [shape=(clips,), dtype=int64]
        Frames before padding; 0 for a failed clip.
    failures : tuple of Failure
    cached : int
        Clips whose features came from the store.
    seconds : float
        From after the imports to the last feature written.
    peak_memory_mb : float
        Of the process tree on this machine, during the extraction.
    settings : ExtractionSettings
        With the true number of jobs.
    """

    features: FeatureFile
    lengths: np.ndarray
    failures: tuple[Failure, ...]
    cached: int
    seconds: float
    peak_memory_mb: float
    settings: ExtractionSettings

    @property
    def rows(self) -> np.ndarray:
        """Rows that have features [dtype=int64]."""
        return np.flatnonzero(self.lengths > 0)


def extract_features(
    paths: Sequence[str],
    spec: FeatureSpec,
    settings: ExtractionSettings | None = None,
    *,
    digests: Sequence[object] | None = None,
    store: FeatureStore | None = None,
    scratch: Path | None = None,
    progress: OnProgress | None = None,
) -> Extraction:
    """Extract the features of clips.

    Parameters
    ----------
    paths : sequence of str
    spec : FeatureSpec
        With `max_frames` set, because all rows have one length.
    settings : ExtractionSettings, optional
        Default: the engine "fused" on all usable cores.
    digests : sequence, optional
        Of the clips' samples, from a scan; clips without one are not looked up in the store.
    store : FeatureStore, optional
        Cache of features.
    scratch : Path, optional
        Folder of the feature file; default `AEC_HOME/scratch`. The caller deletes the file.
    progress : callable, optional
        Called with (clips done, clips in all).

    Returns
    -------
    Extraction

    Raises
    ------
    WorkerDiedError
        A worker process was killed.
    StoreError
        The disk is full.
    """
    settings = settings or ExtractionSettings()
    if spec.max_frames is None:
        raise UsageError("these features have no fixed number of frames", "max_frames is needed to extract in rows")
    engine = load_engine(settings.engine)
    folder = scratch or read_settings().home / "scratch"
    _warm_up(settings, engine, spec)
    started = time.perf_counter()
    features = FeatureFile.create(folder, len(paths), spec.max_frames, spec.coefficients)
    try:
        with PeakMemory() as memory:
            keys = _keys(digests, spec, settings.engine, engine.ALGORITHM_VERSION) if store else {}
            work = _UnfinishedExtraction(features, spec, settings, store, keys, progress)
            work.copy_stored()
            work.extract_others(paths)
    except BaseException:
        features.delete()
        raise
    return Extraction(
        features=features,
        lengths=work.lengths,
        failures=tuple(sorted(work.failures, key=lambda failure: failure.row)),
        cached=work.cached,
        seconds=time.perf_counter() - started,
        peak_memory_mb=memory.mb,
        settings=msgspec.structs.replace(settings, jobs=settings.workers()),
    )


def _warm_up(settings: ExtractionSettings, engine: Engine, spec: FeatureSpec) -> None:
    """Load libraries before the clock starts; librosa loads and compiles at first use."""
    import joblib  # noqa: F401
    import threadpoolctl  # noqa: F401

    if settings.backend != "loky":
        noise = np.random.default_rng(0).standard_normal(spec.sampling_rate // 10).astype(np.float32)
        engine.from_waveform(noise, spec)


def _keys(digests: Sequence[object] | None, spec: FeatureSpec, engine: str, version: object) -> dict[int, bytes]:
    found = enumerate(digests if digests is not None else ())
    return {row: feature_key(d, spec, engine, version) for row, d in found if isinstance(d, str) and d}


class _UnfinishedExtraction:
    """State of a running extraction: lengths, failures, and rows to store."""

    def __init__(
        self,
        features: FeatureFile,
        spec: FeatureSpec,
        settings: ExtractionSettings,
        store: FeatureStore | None,
        keys: dict[int, bytes],
        progress: OnProgress | None,
    ) -> None:
        self._features, self._spec, self._settings = features, spec, settings
        self._store, self._keys, self._progress = store, keys, progress
        self.lengths = np.zeros(features.shape[0], dtype=np.int64)
        self.failures: list[Failure] = []
        self.cached = 0
        self._done = 0
        self._unsaved: list[int] = []

    def copy_stored(self) -> None:
        """Copy the stored features into the feature file."""
        if self._store is None or not self._keys:
            return
        rows_of: dict[bytes, list[int]] = {}
        for row, key in self._keys.items():
            rows_of.setdefault(key, []).append(row)
        stored = ((key, matrix) for key, matrix in self._store.read(list(rows_of)) if self._fits(matrix))
        self._features.write_all(self._counted((row, matrix) for key, matrix in stored for row in rows_of[key]))

    def extract_others(self, paths: Sequence[str]) -> None:
        """Extract every clip that was not in the store, in parallel."""
        clips = [(row, paths[row]) for row in range(len(paths)) if not self.lengths[row]]
        # Closed at once on cancellation or failure, so that no worker goes on in vain.
        with contextlib.closing(run(self._settings, clips, self._spec, self._features)) as results:
            for row, length, error in results:
                if error is None:
                    self.lengths[row] = length
                    self._save_later(row)
                else:
                    self.failures.append(Failure(row, paths[row], error))
                self._step()
        self._save()

    def _fits(self, matrix: np.ndarray) -> bool:
        _, frames, coefficients = self._features.shape
        return matrix.shape[1] == coefficients and len(matrix) <= frames

    def _counted(self, stored: Iterable[tuple[int, np.ndarray]]) -> Iterator[tuple[int, np.ndarray]]:
        for row, matrix in stored:
            yield row, matrix
            self.lengths[row] = len(matrix)
            self.cached += 1
            self._step()

    def _step(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, len(self.lengths))

    def _save_later(self, row: int) -> None:
        if row in self._keys:
            self._unsaved.append(row)
            if len(self._unsaved) >= _STORE_BATCH:
                self._save()

    def _save(self) -> None:
        if self._store is not None and self._unsaved:
            matrices = self._features.read(np.array(self._unsaved))
            rows = zip(self._unsaved, matrices, strict=True)
            self._store.write((self._keys[row], matrix[: self.lengths[row]]) for row, matrix in rows)
            self._unsaved = []
