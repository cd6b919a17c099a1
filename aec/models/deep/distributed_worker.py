"""One worker of a distributed training, started by torchrun."""

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch import distributed

from aec.features import FeatureSpec
from aec.features.feature_file import FeatureFile
from aec.models.deep import torchrun
from aec.models.deep.batches import ClipDataset
from aec.models.deep.checkpoints import Checkpoints
from aec.models.deep.data_parallel import DataParallel
from aec.models.deep.devices import choose_device
from aec.models.deep.fitting import initial_network, set_statistics
from aec.models.deep.networks import build_network, cut, parts_of
from aec.models.deep.process_group import DistributedGroup
from aec.models.deep.training_loop import Engine, train_epochs
from aec.models.epoch_log import EpochLog
from aec.models.network_settings import NetworkSettings
from aec.system.processes import end_with_parent


def run(folder: Path) -> None:
    """Carry out this worker's part of a job and save its weights in the folder."""
    job: dict[str, Any] = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    end_with_parent(int(job["parent"]))
    torch.set_num_threads(int(job["threads"]))
    rank = int(os.environ["LOCAL_RANK"])
    with torchrun.errors_reported(folder, rank):
        device = choose_device(job["device"], rank, int(os.environ["LOCAL_WORLD_SIZE"]))
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        _train(folder, job, device)
        distributed.destroy_process_group()


def _train(folder: Path, job: dict[str, Any], device: torch.device) -> None:
    settings, spec = msgspec.convert((job["settings"], job["spec"]), tuple[NetworkSettings, FeatureSpec])
    with np.load(folder / "job.npz", allow_pickle=False) as saved:
        arrays = dict(saved)
    path, _, frames, coefficients = job["features"]
    whole = FeatureFile(Path(path), int(arrays["numbers"].max()) + 1, frames, coefficients)
    clips = ClipDataset(whole.select(arrays["numbers"]), arrays["lengths"], arrays["targets"], job["n_labels"])
    group = DistributedGroup(device)
    engine, own = _engine(job, clips, arrays["rows"], settings, device, group)
    checkpoints = None
    if job["checkpoints"]:
        place = Path(job["checkpoints"])
        checkpoints = Checkpoints(place, job["key"], own, writes=own == group.rank)

    def on_epoch(epoch: EpochLog) -> None:
        torchrun.append_record(folder / "epochs.jsonl", dataclasses.astuple(epoch))

    trained = train_epochs(
        engine,
        clips,
        arrays["rows"],
        arrays["validation"],
        settings,
        spec,
        epochs=job["epochs"],
        on_epoch=on_epoch if group.rank == 0 else None,
        stop=(folder / "stop").exists,
        checkpoints=checkpoints,
    )
    torch.save(trained.weights, folder / f"weights-{group.rank}.pt")
    if group.rank == 0:
        curve = [dataclasses.astuple(epoch) for epoch in trained.curve]
        facts = {"curve": curve, "kept_epoch": trained.kept_epoch, "cancelled": trained.cancelled}
        (folder / "result.json").write_text(json.dumps(facts), encoding="utf-8")


def _engine(
    job: dict[str, Any],
    clips: ClipDataset,
    rows: np.ndarray,
    settings: NetworkSettings,
    device: torch.device,
    group: DistributedGroup,
) -> tuple[Engine, int]:
    """Return the trainer, and the rank whose checkpoints it uses."""
    if job["parallel"] == "data":
        return DataParallel(initial_network(job["name"], clips, rows, settings), settings, device, group), 0
    # Imported here: torch.distributed.pipelining takes seconds to load.
    from aec.models.deep.pipeline_parallel import PipelineParallel

    coefficients = clips.features.shape[2]
    parts = parts_of(job["name"], coefficients, clips.n_labels, settings)
    typical = (settings.batch_size, int(np.median(clips.lengths[rows])), coefficients)
    stages = cut(parts, group.size, typical)
    network = build_network(job["name"], coefficients, clips.n_labels, settings, stages[group.rank])
    set_statistics(network, clips, rows)
    return PipelineParallel(network, parts, stages, settings, device, group), group.rank


if __name__ == "__main__":
    run(Path(sys.argv[1]))
