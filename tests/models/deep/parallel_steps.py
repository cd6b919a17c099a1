"""Torchrun script: compare parallel training steps with those of one process."""

import json

import numpy as np
import torch
from torch import distributed

from aec.models.deep.data_parallel import DataParallel
from aec.models.deep.networks import build_network, cut, parts_of
from aec.models.deep.optimizer import MAX_NORM, loss_of
from aec.models.deep.pipeline_parallel import PipelineParallel
from aec.models.deep.process_group import DistributedGroup
from aec.models.network_settings import NETWORKS, NetworkSettings

COEFFICIENTS, LABELS = 16, 3
SETTINGS = NetworkSettings(batch_size=10, width=8, dropout=0.0, augment=False, mixup=0.0)


class Batch:
    """Random clips that cannot be split evenly, with the interface of `ClipDataset`."""

    n_labels = LABELS

    def __init__(self):
        generator = torch.Generator().manual_seed(0)
        self.lengths = torch.tensor([5, 9, 12, 20, 23, 31, 32, 33, 47, 60])
        self.features = torch.randn(10, 60, COEFFICIENTS, generator=generator)
        for row, length in enumerate(self.lengths):
            self.features[row, length:] = 0
        soft_targets = torch.rand(10, LABELS, generator=generator)
        self.soft_targets = soft_targets / soft_targets.sum()

    def by_length(self, rows, _batch_size):
        yield np.arange(len(rows)), self.features, self.lengths


def largest_difference(one, other):
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


def train_step(engine, own, batch, times):
    """Return loss and gradients of a step, scaled by `times`, without an update."""
    gradients = {}

    def keep():
        gradients.update({key: value.grad.clone() for key, value in own.named_parameters()})

    engine.weights._optimizer.step = keep
    loss = engine.step(batch.features, batch.lengths, batch.soft_targets * times, 0.5)
    return loss, gradients


def compare(name, group):
    """Return differences of logits, losses and gradients from one process."""
    batch = Batch()
    whole = build_network(name, COEFFICIENTS, LABELS, SETTINGS).train()
    wanted = whole(batch.features, batch.lengths)
    wanted_loss = loss_of(wanted, batch.soft_targets)
    wanted_loss.backward()

    parts = parts_of(name, COEFFICIENTS, LABELS, SETTINGS)
    stages = cut(parts, group.size, (10, 60, COEFFICIENTS))
    own = build_network(name, COEFFICIENTS, LABELS, SETTINGS, stages[group.rank])
    pipeline = PipelineParallel(own, parts, stages, SETTINGS, torch.device("cpu"), group)
    loss, gradients = train_step(pipeline, own, batch, 1.0)
    _, clipped = train_step(pipeline, own, batch, 1000.0)

    copy = build_network(name, COEFFICIENTS, LABELS, SETTINGS)
    data_parallel = DataParallel(copy, SETTINGS, torch.device("cpu"), group)
    replica_loss, replica = train_step(data_parallel, copy, batch, 1.0)
    _, replica_clipped = train_step(data_parallel, copy, batch, 1000.0)
    outputs = []
    pipeline.weights.average.register_forward_hook(lambda _stage, _given, result: outputs.append(result))
    logits = pipeline.logits(batch, np.arange(10))

    expected = {key: value.grad for key, value in whole.named_parameters()}
    norm = torch.stack([value.square().sum() for value in expected.values()]).sum().sqrt()
    assert 1000 * norm > MAX_NORM > norm

    def clip(gradient):
        return gradient / norm * MAX_NORM

    found = {
        "network": name,
        "rank": group.rank,
        "held": sum(value.numel() for value in pipeline.weights.network.parameters()),
        "whole": sum(value.numel() for value in whole.parameters()),
        "names": list(gradients),
        "gradients": largest_difference(gradients.values(), [expected[key] for key in gradients]),
        "clipped": largest_difference(clipped.values(), [clip(expected[key]) for key in clipped]),
        "largest_gradient": max(float(value.abs().max()) for value in gradients.values()),
        "loss": abs(loss - wanted_loss.item()),
        "data_parallel_gradients": largest_difference(replica.values(), [expected[key] for key in replica]),
        "data_parallel_clipped": largest_difference(
            replica_clipped.values(), [clip(expected[key]) for key in replica]
        ),
        "data_parallel_loss": abs(replica_loss - wanted_loss.item()),
        "answers": largest_difference(torch.from_numpy(logits), wanted.detach()),
    }
    if group.rank == group.size - 1:
        found["logits"] = largest_difference(torch.cat(outputs)[:10], wanted.detach())
    return found


def main():
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    group = DistributedGroup(torch.device("cpu"))
    for name in NETWORKS:
        # One write for each line: two processes share the pipe.
        print(json.dumps(compare(name, group)) + "\n", end="", flush=True)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
