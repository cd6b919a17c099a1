"""Distributed worker that measures training speed, started by `torchrun`.

The same workers measure all settings in turn, and all of them again in each repeat, so that a short load of the
machine does not affect one setting only; a worker that is not part of a setting waits. A step is one batch of a
training: its clips are augmented (by every worker for the whole batch), forward and backward pass, exchange of
gradients, update of the weights; it ends when all workers have finished it.

The cost of the exchange of gradients is measured separately: right after each step, and started by all at the same
moment, one `all_reduce` of as many bytes as the network has gradients. DistributedDataParallel starts its exchanges
during the backward pass. Where both need the same cores that saves little; where the network has hardware of its
own, the measured time is the upper bound of its cost.

For a network divided into pipeline stages, the idle time of the busiest worker is measured: the share of a step in
which it uses no processor time.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import torch
from torch import Tensor, distributed

from aec.features import FeatureSpec
from aec.models.deep import torchrun
from aec.models.deep.augmentation import Augmentation, Strength
from aec.models.deep.data_parallel import DataParallel
from aec.models.deep.distributed_training import check_backend
from aec.models.deep.networks import build_network, cut, parts_of
from aec.models.deep.pipeline_parallel import PIECES, PipelineParallel
from aec.models.deep.process_group import DistributedGroup, ProcessGroup, SingleProcess
from aec.models.deep.speed_settings import SpeedEvent, SpeedJob, SpeedSetting, StepTimes
from aec.models.deep.training_loop import Engine
from aec.models.network_settings import NetworkSettings
from aec.system.processes import end_with_parent

COEFFICIENTS = 64
LABELS = 7
# Frames of typical clips, one batch of each; speech of 1.2 to 2.4 s at 100 frames per second.
TYPICAL_FRAMES = (120, 150, 180)
_SPREAD = 10
_CPU = torch.device("cpu")
# Below the highest learning rate; how long a step takes does not depend on it.
_PROGRESS = 0.05

Batch = tuple[Tensor, Tensor, Tensor]


def run(folder: Path) -> None:
    """Carry out this worker's part of a job; the first worker writes `events.jsonl`."""
    job = msgspec.json.decode((folder / "job.json").read_bytes(), type=SpeedJob)
    end_with_parent(job.parent)
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    with torchrun.errors_reported(folder, rank):
        if size > 1:
            check_backend()
        # All workers have loaded their libraries before the first measurement.
        with _group(folder / "group-all", rank, size):
            pass
        for repeat in range(job.repeats):
            for number, setting in enumerate(job.settings):
                if rank >= setting.workers:
                    continue
                _send(folder, rank, SpeedEvent(setting=setting, repeat=repeat))
                with _group(folder / f"group-{repeat}-{number}", rank, setting.workers) as group:
                    times = _measure(job.network, setting, group, job.steps)
                _send(folder, rank, SpeedEvent(setting=setting, repeat=repeat, times=times))


def batches(settings: NetworkSettings) -> list[Batch]:
    """Return a batch of each typical length, equal in every worker.

    Returns
    -------
    list of (features, lengths, targets)
        `features` [shape=(batch, time, coefficients)]: noise at the level of a log-mel spectrogram in dB; `lengths`
        [shape=(batch,)]; `targets` [shape=(batch, labels)]: one-hot, every label in turn.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    size = settings.batch_size
    targets = torch.eye(LABELS)[torch.arange(size) % LABELS]
    made = []
    for frames in TYPICAL_FRAMES:
        lengths = torch.randint(frames - _SPREAD, frames + _SPREAD + 1, (size,), generator=generator)
        features = 10.0 * torch.randn(size, int(lengths.max()), COEFFICIENTS, generator=generator) - 40.0
        made.append((features, lengths, targets))
    return made


@contextmanager
def _group(path: Path, rank: int, size: int) -> Iterator[ProcessGroup]:
    """Join `size` workers for a `with` block; a single one needs no group."""
    if size == 1:
        yield SingleProcess()
        return
    store = distributed.FileStore(str(path), size)  # type: ignore[attr-defined, unused-ignore]
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=size)
    try:
        yield DistributedGroup(_CPU)
        # The first to leave would otherwise close the others' connections.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


def _measure(name: str, setting: SpeedSetting, group: ProcessGroup, steps: int) -> StepTimes:
    """Time training steps, after an untimed one with each of their batches."""
    torch.set_num_threads(setting.threads)
    torch.manual_seed(group.rank)
    settings = NetworkSettings()
    engine = _engine(name, setting, group, settings)
    training = _Steps(engine, settings)
    for number in range(min(steps, len(TYPICAL_FRAMES))):
        training.step(number)
    count = sum(weight.numel() for weight in engine.weights.network.parameters())
    gradients = torch.zeros(count) if setting.parallel == "data" else None
    seconds = busy_s = exchange_s = 0.0
    for number in range(steps):
        busy, began = time.process_time(), time.perf_counter()
        training.step(number)
        seconds += time.perf_counter() - began
        busy_s += time.process_time() - busy
        if gradients is not None:
            began = time.perf_counter()
            distributed.all_reduce(gradients)
            exchange_s += time.perf_counter() - began
    by_rank = torch.zeros(group.size)
    by_rank[group.rank] = busy_s / seconds
    busiest = min(1.0, float(group.sum(by_rank).max()))
    pipeline = setting.parallel == "model"
    return StepTimes(
        step_s=seconds / steps,
        batch_size=settings.batch_size,
        exchange_s=None if gradients is None else exchange_s / steps,
        exchange_mb=None if gradients is None else gradients.nbytes / 1e6,
        idle_share=1.0 - busiest if pipeline else None,
        micro_batches=PIECES if pipeline else None,
    )


def _engine(
    name: str, setting: SpeedSetting, group: ProcessGroup, settings: NetworkSettings
) -> DataParallel | PipelineParallel:
    if setting.parallel != "model":
        return DataParallel(build_network(name, COEFFICIENTS, LABELS, settings), settings, _CPU, group)
    parts = parts_of(name, COEFFICIENTS, LABELS, settings)
    stages = cut(parts, group.size, (settings.batch_size, TYPICAL_FRAMES[1], COEFFICIENTS))
    network = build_network(name, COEFFICIENTS, LABELS, settings, stages[group.rank])
    return PipelineParallel(network, parts, stages, settings, _CPU, group)


class _Steps:
    """Training steps on a few batches, which are augmented equally every time."""

    def __init__(self, engine: Engine, settings: NetworkSettings) -> None:
        self._engine, self._batches = engine, batches(settings)
        spec = FeatureSpec(kind="logmel", n_mels=COEFFICIENTS)
        self._augment = Augmentation(spec, Strength(), settings.mixup)

    def step(self, number: int) -> None:
        """Train on a batch; return when all workers have."""
        number %= len(self._batches)
        features, lengths, targets = self._augment(*self._batches[number], torch.Generator().manual_seed(number))
        self._engine.step(features, lengths, targets / targets.sum(), _PROGRESS)
        self._engine.group.minimum(0)


def _send(folder: Path, rank: int, event: SpeedEvent) -> None:
    if rank == 0:
        torchrun.append_record(folder / "events.jsonl", msgspec.to_builtins(event))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
