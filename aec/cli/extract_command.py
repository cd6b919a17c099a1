"""`aec extract`: the features of all clips as one .npz file."""

from argparse import Namespace
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd

from aec.cli.data import FAILURES, exit_code, scan_arguments
from aec.cli.long_work import remark_if_busy
from aec.cli.output import print_json, progress_bar, remark, table
from aec.corpora import Scan
from aec.errors import CorpusError, StoreError, UsageError
from aec.features import DEFAULT_SPECS
from aec.features.clusters import CLUSTERS, refuse_missing
from aec.features.extraction import Extraction, extract_features
from aec.features.extraction_settings import ExtractionSettings
from aec.features.feature_store import FeatureStore
from aec.settings import read_settings
from aec.system.files import replacing


class ExtractionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of an extraction, as `--json` prints them."""

    clips: int
    failed: int
    cached: int
    seconds: float
    clips_per_second: float | None
    engine: str
    backend: str
    jobs: int
    peak_memory_mb: float


def run(arguments: Namespace) -> int:
    """Scan, extract, write the file and print the figures."""
    settings = _settings(arguments)
    target = Path(arguments.out)
    if not target.parent.is_dir():
        raise UsageError(f"the folder {target.parent} does not exist", "", "Make it, or choose another --out")
    remark_if_busy()
    found = scan_arguments(arguments, "all")
    readable = _readable(found)
    if readable.empty:
        raise CorpusError("none of the clips can be decoded", "", "See the problems that aec scan lists")
    extraction = extract_features(
        readable["path"].tolist(),
        DEFAULT_SPECS[arguments.features],
        settings,
        digests=readable["digest"].tolist(),
        store=None if arguments.no_cache else FeatureStore(read_settings().home / "features.sqlite"),
        progress=progress_bar("Extracting"),
    )
    with extraction.features:
        _write(target, readable, extraction)
    for failure in extraction.failures:
        remark(f"{failure.path}: {failure.error}")
    summary = msgspec.to_builtins(_summary(found, extraction))
    if arguments.json:
        print_json(summary)
    else:
        table((name.replace("_", " ").capitalize(), value) for name, value in summary.items())
    failed_here = any(failure.error.kind != "silent" for failure in extraction.failures)
    return max(exit_code(found), int(failed_here))


def _settings(arguments: Namespace) -> ExtractionSettings:
    backend = arguments.backend or ("loky" if arguments.engine == "librosa" else "threading")
    if backend in CLUSTERS:
        # Refused before the scan, which may take minutes.
        refuse_missing(backend)
    if arguments.engine == "librosa" and arguments.jobs == 1 and arguments.backend is None:
        # One job of the reference is the baseline's first version: a plain loop.
        backend = "sequential"
    blas_threads = 1 if arguments.engine == "fused" else None
    return ExtractionSettings(arguments.engine, backend, arguments.jobs, blas_threads)


def _readable(found: Scan) -> pd.DataFrame:
    """Return the clips that the scan could decode, labelled or not."""
    refused = {problem.path for problem in found.problems if problem.kind in FAILURES}
    return found.table[~found.table["path"].isin(refused)].reset_index(drop=True)


def _write(target: Path, clips: pd.DataFrame, extraction: Extraction) -> None:
    rows = extraction.rows
    used = clips.iloc[rows]
    columns = {name: used[name].fillna("").to_numpy(dtype=str) for name in ("path", "emotion", "speaker")}
    matrices = extraction.features.read(rows)
    try:
        with replacing(target) as aside, aside.open("wb") as file:
            np.savez(file, X=matrices, lengths=extraction.lengths[rows], **columns)  # type: ignore[arg-type]
    except OSError as error:
        raise StoreError(
            f"{target} cannot be written ({error.strerror or error})", "", "Free some space, or choose another --out"
        ) from error


def _summary(found: Scan, extraction: Extraction) -> ExtractionSummary:
    done = len(extraction.rows)
    return ExtractionSummary(
        clips=len(found.table),
        failed=len(found.table) - done,
        cached=extraction.cached,
        seconds=round(extraction.seconds, 3),
        clips_per_second=round(done / extraction.seconds, 1) if extraction.seconds > 0 else None,
        engine=extraction.settings.engine,
        backend=extraction.settings.backend,
        jobs=extraction.settings.jobs,
        peak_memory_mb=round(extraction.peak_memory_mb, 1),
    )
