"""Distributed training: launch torchrun workers, relay progress and cancellation."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import distributed

from aec.errors import RunError, TrainingError
from aec.features import FeatureSpec
from aec.models.deep import torchrun
from aec.models.deep.batches import ClipDataset
from aec.models.deep.fitting import FittedNetwork, fitted_network
from aec.models.deep.networks import cut, parts_of
from aec.models.deep.training_loop import TrainingOutcome
from aec.models.epoch_log import EpochLog
from aec.models.learner import FitCallbacks
from aec.models.network_settings import NetworkSettings, Team
from aec.settings import read_settings, usable_cores
from aec.system.files import remove_orphans

_POLL_S = 0.2


def fit_distributed(
    team: Team,
    name: str,
    clips: ClipDataset,
    rows: np.ndarray,
    validation: np.ndarray,
    settings: NetworkSettings,
    spec: FeatureSpec,
    *,
    epochs: int | None = None,
    callbacks: FitCallbacks | None = None,
) -> FittedNetwork:
    """Train a network in several workers; otherwise as `fit_network`.

    Raises
    ------
    WorkerDiedError
        A worker was killed; the others are ended.
    TrainingError, UsageError, RunError
        As `fit_network`; also if this build of PyTorch has no communication backend.
    """
    check_backend()
    if team.parallel == "model":
        # Refuses too many workers before anything is started.
        frames, coefficients = clips.features.shape[1:]
        cut(parts_of(name, coefficients, clips.n_labels, settings), team.workers, (1, frames, coefficients))
    scratch = read_settings().home / "scratch"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        remove_orphans(scratch, "team")
        folder = Path(tempfile.mkdtemp(prefix=f"team-{os.getpid()}-", dir=scratch))
    except OSError as error:
        raise RunError(f"{scratch} cannot be written ({error.strerror})", "", "Free some space") from error
    try:
        _write_job(folder, team, name, clips, rows, validation, settings, spec, epochs, callbacks)
        _run(folder, team, callbacks)
        return _read_result(folder, team, name, clips, settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_backend() -> None:
    """Raise TrainingError if this build of PyTorch has no communication backend."""
    if not distributed.is_available() or not (distributed.is_gloo_available() or distributed.is_nccl_available()):
        raise TrainingError(
            "this build of PyTorch has neither gloo nor nccl, so that workers cannot exchange gradients",
            "",
            "Use --workers 1, or install another build",
        )


def _write_job(
    folder: Path,
    team: Team,
    name: str,
    clips: ClipDataset,
    rows: np.ndarray,
    validation: np.ndarray,
    settings: NetworkSettings,
    spec: FeatureSpec,
    epochs: int | None,
    callbacks: FitCallbacks | None,
) -> None:
    job = {
        "name": name,
        "parallel": team.parallel,
        "device": team.device,
        "settings": msgspec.to_builtins(settings),
        "spec": msgspec.to_builtins(spec),
        "features": [str(clips.features.path.absolute()), *clips.features.shape],
        "n_labels": clips.n_labels,
        "epochs": epochs,
        "checkpoints": None if callbacks is None else str(callbacks.checkpoints.absolute()),
        "key": "" if callbacks is None else callbacks.key,
        "threads": max(1, usable_cores() // team.workers),
        "parent": os.getpid(),
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    np.savez(
        folder / "job.npz",
        numbers=clips.features.numbers,
        lengths=clips.lengths,
        targets=clips.targets,
        rows=rows,
        validation=validation,
    )


def _run(folder: Path, team: Team, callbacks: FitCallbacks | None) -> None:
    reported = 0
    threads = max(1, usable_cores() // team.workers)
    with torchrun.workers_running("aec.models.deep.distributed_worker", folder, team.workers, threads) as process:
        while process.poll() is None:
            time.sleep(_POLL_S)
            reported = _relay(folder, reported, callbacks)
    _relay(folder, reported, callbacks)
    if process.returncode:
        raise torchrun.worker_failure(
            folder,
            f"one of the {team.workers} training processes",
            "Most often memory ran out: use fewer --workers; --resume goes on from the last epoch",
        )


def _relay(folder: Path, reported: int, callbacks: FitCallbacks | None) -> int:
    """Report new epochs, forward a stop, and return the number of epochs."""
    epochs = [EpochLog(*fields) for fields in torchrun.read_records(folder / "epochs.jsonl")]
    if callbacks is not None:
        for epoch in epochs[reported:]:
            callbacks.on_epoch(epoch)
        if callbacks.stop():
            (folder / "stop").touch()
    return len(epochs)


def _read_result(folder: Path, team: Team, name: str, clips: ClipDataset, settings: NetworkSettings) -> FittedNetwork:
    weights: dict[str, Any] = {}
    for rank in range(team.workers):
        weights |= torch.load(folder / f"weights-{rank}.pt", map_location="cpu", weights_only=True)
    facts = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    curve = tuple(EpochLog(*fields) for fields in facts["curve"])
    trained = TrainingOutcome({}, curve, int(facts["kept_epoch"]), bool(facts["cancelled"]))
    return fitted_network(name, clips, settings, trained, weights)
