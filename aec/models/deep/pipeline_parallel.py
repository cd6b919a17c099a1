"""Pipeline-parallel training: each worker holds consecutive parts of the network.

`torch.distributed.pipelining` moves activations and gradients between the workers (GPipe: all forward steps of a
batch's pieces, then all backward steps).

References
----------
Y. Huang et al., GPipe: Efficient training of giant neural networks using pipeline parallelism, NeurIPS 2019.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributed.pipelining import PipelineStage, ScheduleGPipe
from torch.nn import functional

from aec.models.deep.batches import ClipDataset
from aec.models.deep.layers import frame_mask
from aec.models.deep.networks import Network, Part, Shape
from aec.models.deep.optimizer import Optimizer, loss_of
from aec.models.deep.process_group import ProcessGroup
from aec.models.network_settings import NetworkSettings

PIECES = 4
# Frames are padded to multiples of this, so that few shapes occur: each has its own schedule.
_FRAMES = 32
_MOST_SCHEDULES = 64


class PipelineModule(nn.Module):
    """The parts of this worker as a pipeline stage: one tensor in, one tensor out.

    The frame mask is passed on as one more coefficient of ones and zeros.

    Parameters
    ----------
    network : Network
        Consecutive parts of the whole.
    last : bool
        Whether the whole's last part is among them.
    """

    def __init__(self, network: Network, *, last: bool) -> None:
        super().__init__()
        self.network = network
        self.last = last

    def forward(self, packed: Tensor) -> Tensor:
        """Compute the parts."""
        x, lengths = _unpacked(packed)
        parts = list(self.network.parts.values())
        for part in parts[:-1] if self.last else parts:
            x, lengths = part(x, lengths)
        if self.last:
            logits: Tensor = parts[-1](x, lengths)
            return logits
        return _packed(x, lengths)


def _packed(x: Tensor, lengths: Tensor) -> Tensor:
    return torch.cat([x, frame_mask(lengths, x.shape[1])[:, :, None]], dim=2)


def _unpacked(packed: Tensor) -> tuple[Tensor, Tensor]:
    return packed[:, :, :-1], packed[:, :, -1].detach().sum(dim=1).round().long()


def _packed_shape(shape: Shape) -> Shape:
    return (*shape[:2], shape[2] + 1)


class PipelineParallel:
    """Training step and prediction of a network whose parts are spread over workers.

    Parameters
    ----------
    network : Network
        The parts of this worker.
    parts : list of Part
        Of the whole.
    stages : list of list of int
        Part numbers of each worker, from `cut`.
    settings : NetworkSettings
    device : torch.device
    group : ProcessGroup
    """

    def __init__(
        self,
        network: Network,
        parts: list[Part],
        stages: list[list[int]],
        settings: NetworkSettings,
        device: torch.device,
        group: ProcessGroup,
    ) -> None:
        self.group = group
        self._parts, self._stages, self._device = parts, stages, device
        last = group.rank == group.size - 1
        self._stage = PipelineModule(network.to(device), last=last)
        self.weights = Optimizer(self._stage, settings, norm=lambda squares: group.sum(squares.reshape(1))[0].sqrt())
        self._schedules: dict[tuple[Shape, bool], ScheduleGPipe] = {}

    def step(self, features: Tensor, lengths: Tensor, soft_targets: Tensor, progress: float) -> float:
        """Train on a batch, which every worker gets as a whole; return its loss."""
        self._stage.train()
        features, lengths, soft_targets = _padded(features, lengths, soft_targets)
        losses: list[Tensor] = []
        schedule = self._schedule(tuple(features.shape), learning=True)
        self._run(schedule, features, lengths, target=soft_targets.to(self._device), losses=losses)
        own = sum((loss.detach().float().cpu() for loss in losses), torch.zeros(()))
        loss = self.group.sum(own.reshape(1))
        # Non-finite gradients make a step as useless as a non-finite loss.
        return float(loss.item()) if self.weights.step(progress) else float("nan")

    def logits(self, clips: ClipDataset, rows: np.ndarray) -> np.ndarray:
        """Return logits [shape=(n, labels)] by the averaged weights."""
        found = torch.zeros(len(rows), clips.n_labels)
        for places, features, lengths in clips.by_length(rows, 16 * PIECES):
            nothing = torch.zeros(len(places), clips.n_labels)
            features, lengths, _ = _padded(features, lengths, nothing)
            schedule = self._schedule(tuple(features.shape), learning=False)
            with torch.no_grad():
                logits = self._run(schedule, features, lengths)
            if logits is not None:
                found[places] = logits.float().cpu()[: len(places)]
        return np.asarray(self.group.sum(found).numpy())

    def averaged_weights(self) -> dict[str, Tensor]:
        """Return copies of the averaged weights of this worker's parts."""
        average = self.weights.average.state_dict()
        return {name.removeprefix("network."): value.detach().cpu().clone() for name, value in average.items()}

    def state(self) -> dict[str, Any]:
        """Return the state of this worker for a checkpoint."""
        return self.weights.state()

    def load(self, state: dict[str, Any]) -> None:
        """Restore a state that `state` returned."""
        self.weights.load(state)

    def _run(self, schedule: ScheduleGPipe, features: Tensor, lengths: Tensor, **last: Any) -> Tensor | None:
        rank = self.group.rank
        inputs = (_packed(features, lengths).to(self._device),) if rank == 0 else ()
        if rank < self.group.size - 1:
            last = {}
        run = schedule.step if torch.is_grad_enabled() else schedule.eval
        result: Tensor | None = run(*inputs, **last)
        return result

    def _schedule(self, shape: Shape, *, learning: bool) -> ScheduleGPipe:
        known = self._schedules.get((shape, learning))
        if known is not None:
            return known
        if len(self._schedules) >= _MOST_SCHEDULES:
            self._schedules.clear()
        # Shapes of one piece; every worker derives its own, without communication.
        shape_of_piece = (shape[0] // PIECES, *shape[1:])
        shapes = [shape_of_piece]
        for part in self._parts:
            shapes.append(part.shape(shapes[-1]))
        rank, last = self.group.rank, self.group.size - 1
        own = self._stages[rank]
        values_in, values_out = shapes[own[0]], shapes[own[-1] + 1]
        stage = PipelineStage(
            self._stage if learning else self.weights.average,
            rank,
            self.group.size,
            self._device,
            input_args=torch.empty(_packed_shape(values_in), device="meta", requires_grad=learning and rank > 0),
            output_args=torch.empty(
                values_out if rank == last else _packed_shape(values_out), device="meta", requires_grad=learning
            ),
        )
        made = ScheduleGPipe(stage, PIECES, loss_fn=loss_of if learning else None, scale_grads=False)
        self._schedules[shape, learning] = made
        return made


def _padded(features: Tensor, lengths: Tensor, soft_targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pad a batch to equal pieces with clips of weight zero, and its frames."""
    missing = -len(lengths) % PIECES
    features = functional.pad(features, (0, 0, 0, -features.shape[1] % _FRAMES))
    if missing:
        features = torch.cat([features, features[:1].expand(missing, -1, -1)])
        lengths = torch.cat([lengths, lengths[:1].expand(missing)])
        soft_targets = torch.cat([soft_targets, torch.zeros(missing, soft_targets.shape[1])])
    return features, lengths, soft_targets
