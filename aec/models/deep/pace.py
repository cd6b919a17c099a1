"""How fast a network learns, alone and in several processes: one process of a benchmark, which `torchrun` starts.

The same processes measure all settings in turn, and all of them again in each repeat, so that a busy moment does not
fall on one setting alone; a process that has no part in a setting waits asleep. A step is what a training does with
a batch: its clips are changed at random (every process does that for the whole batch), the network computes forwards
and backwards, gradients are exchanged, the weights move; it ends when all processes have done so.

What the exchange of gradients costs is measured on its own: right after each step, and begun by all at the same
moment, one `all_reduce` of as many bytes as the network has gradients. DistributedDataParallel starts its exchanges
while it still computes backwards. Where both need the same cores that saves little; where the network has wires of
its own, the time found here is the most that it can cost.

Of a network that is cut into stages, the busiest process's idle time is measured: the share of a step in which it
uses no processor time.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed

from aec.features import FeatureSpec
from aec.models.deep import torchrun
from aec.models.deep.augmentation import Augmentation, Strength
from aec.models.deep.copies import Copies
from aec.models.deep.launch import check_backend
from aec.models.deep.loop import Engine
from aec.models.deep.networks import build_network, cut, parts_of
from aec.models.deep.pace_settings import PaceSetting
from aec.models.deep.settings import NetworkSettings
from aec.models.deep.stages import PIECES, Stages
from aec.models.deep.world import Alone, Together, World

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
    """Do this process's part of the job in the folder; the first process writes `takes.jsonl` there."""
    job: dict[str, Any] = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    torchrun.end_with(int(job["parent"]))
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    plan = [PaceSetting(**fields) for fields in job["plan"]]
    with torchrun.telling(folder, rank):
        if size > 1:
            check_backend()
        # Nobody measures while others still load their libraries.
        with _group(folder / "group-all", rank, size):
            pass
        for repeat in range(job["repeats"]):
            for number, setting in enumerate(plan):
                if rank >= setting.workers:
                    continue
                where = {"repeat": repeat, "setting": number}
                _tell(folder, rank, {"event": "begin", **where})
                with _group(folder / f"group-{repeat}-{number}", rank, setting.workers) as world:
                    found = _take(job["name"], setting, world, job["steps"])
                _tell(folder, rank, {"event": "end", **where, **found})


def batches(settings: NetworkSettings) -> list[Batch]:
    """Return a batch of each typical length: (features, lengths, targets), equal in every process.

    `features` [shape=(batch, time, coefficients)] are noise at the level of a log-mel spectrogram in dB, `targets`
    [shape=(batch, labels)] ask for every label in turn.
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
def _group(path: Path, rank: int, size: int) -> Iterator[World]:
    """Join `size` processes for a `with` block; one alone is the plain case."""
    if size == 1:
        yield Alone()
        return
    store = distributed.FileStore(str(path), size)  # type: ignore[attr-defined, unused-ignore]
    distributed.init_process_group("gloo", store=store, rank=rank, world_size=size)
    try:
        yield Together(_CPU)
        # Who leaves first must not take the others' connections along.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


def _take(name: str, setting: PaceSetting, world: World, steps: int) -> dict[str, Any]:
    """Train for some steps, after one that does not count with each of their batches.

    Returns
    -------
    dict
        `step_s` (seconds per step), `batch_size`, and where there are several processes `exchange_s` (per step) and
        `exchange_mb`, or `idle_share` (0 to 1) and `micro_batches`; None for what does not apply.
    """
    torch.set_num_threads(setting.threads)
    torch.manual_seed(world.rank)
    settings = NetworkSettings()
    engine = _engine(name, setting, world, settings)
    lesson = _Lesson(engine, settings)
    for number in range(min(steps, len(TYPICAL_FRAMES))):
        lesson.step(number)
    count = sum(weight.numel() for weight in engine.weights.network.parameters())
    gradients = torch.zeros(count) if setting.parallel == "data" else None
    seconds = busy_s = exchange_s = 0.0
    for number in range(steps):
        busy, began = time.process_time(), time.perf_counter()
        lesson.step(number)
        seconds += time.perf_counter() - began
        busy_s += time.process_time() - busy
        if gradients is not None:
            began = time.perf_counter()
            distributed.all_reduce(gradients)
            exchange_s += time.perf_counter() - began
    by_rank = torch.zeros(world.size)
    by_rank[world.rank] = busy_s / seconds
    busiest = min(1.0, float(world.total(by_rank).max()))
    spread = setting.parallel == "model"
    return {
        "step_s": seconds / steps,
        "batch_size": settings.batch_size,
        "exchange_s": None if gradients is None else exchange_s / steps,
        "exchange_mb": None if gradients is None else gradients.nbytes / 1e6,
        "idle_share": 1.0 - busiest if spread else None,
        "micro_batches": PIECES if spread else None,
    }


def _engine(name: str, setting: PaceSetting, world: World, settings: NetworkSettings) -> Copies | Stages:
    if setting.parallel != "model":
        return Copies(build_network(name, COEFFICIENTS, LABELS, settings), settings, _CPU, world)
    parts = parts_of(name, COEFFICIENTS, LABELS, settings)
    stages = cut(parts, world.size, (settings.batch_size, TYPICAL_FRAMES[1], COEFFICIENTS))
    network = build_network(name, COEFFICIENTS, LABELS, settings, stages[world.rank])
    return Stages(network, parts, stages, settings, _CPU, world)


class _Lesson:
    """Steps of a training on the same few batches, each changed in the same way every time that it comes."""

    def __init__(self, engine: Engine, settings: NetworkSettings) -> None:
        self._engine, self._batches = engine, batches(settings)
        spec = FeatureSpec(kind="logmel", n_mels=COEFFICIENTS)
        self._augment = Augmentation(spec, Strength(), settings.mixup)

    def step(self, number: int) -> None:
        """Learn from a batch; return when all processes have."""
        number %= len(self._batches)
        features, lengths, asked = self._augment(*self._batches[number], torch.Generator().manual_seed(number))
        self._engine.step(features, lengths, asked / asked.sum(), _PROGRESS)
        self._engine.world.least(0)


def _tell(folder: Path, rank: int, event: dict[str, Any]) -> None:
    if rank == 0:
        torchrun.say(folder / "takes.jsonl", event)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
