"""Data-parallel training: the whole network and a share of each batch per worker."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from aec.errors import TrainingError
from aec.models.deep.batches import ClipDataset, round_frames
from aec.models.deep.devices import precision
from aec.models.deep.optimizer import Optimizer, loss_of
from aec.models.deep.process_group import ProcessGroup
from aec.models.network_settings import NetworkSettings

_PREDICTED_AT_ONCE = 64


class DataParallel:
    """Training step and prediction of a network that each worker holds as a whole.

    A single process is the ordinary case.

    Parameters
    ----------
    network : nn.Module
    settings : NetworkSettings
    device : torch.device
    group : ProcessGroup
    """

    def __init__(
        self, network: nn.Module, settings: NetworkSettings, device: torch.device, group: ProcessGroup
    ) -> None:
        network = network.to(device)
        self.group = group
        self.weights = Optimizer(network, settings)
        self._device = device
        self._forward = network if group.size == 1 else DistributedDataParallel(network)
        # Number of pieces that a batch is split into; doubled when one did not fit in memory.
        self.pieces = 1

    def step(self, features: Tensor, lengths: Tensor, soft_targets: Tensor, progress: float) -> float:
        """Train on a batch, which every worker gets as a whole; return its total loss.

        Parameters
        ----------
        features : Tensor [shape=(batch, time, coefficients)]
        lengths : Tensor [shape=(batch,)]
        soft_targets : Tensor [shape=(batch, labels)]
            See `loss_of`.
        progress : float
            Share of all steps that are done, 0 to 1.
        """
        self._forward.train()
        share = slice(self.group.rank, None, self.group.size)
        if self.group.rank >= len(lengths):
            # Fewer clips than workers: a clip of weight zero, because all must take part in the all-reduce.
            own = features[:1], lengths[:1], torch.zeros_like(soft_targets[:1])
        else:
            own = features[share], lengths[share], soft_targets[share]
        loss = self.group.sum(torch.tensor([self._accumulate(*own)]))
        # Non-finite gradients make a step as useless as a non-finite loss.
        return float(loss.item()) if self.weights.step(progress) else float("nan")

    def _accumulate(self, features: Tensor, lengths: Tensor, soft_targets: Tensor) -> float:
        """Accumulate this worker's gradients, in as many pieces as memory requires."""
        while True:
            try:
                return self._in_pieces(features, lengths, soft_targets)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.group.size > 1 or self.pieces >= len(lengths):
                    raise _too_large(lengths) from error
                self.pieces *= 2
                self.weights.network.zero_grad()
                if self._device.type == "cuda":
                    torch.cuda.empty_cache()

    def _in_pieces(self, features: Tensor, lengths: Tensor, soft_targets: Tensor) -> float:
        total = 0.0
        for places in np.array_split(np.arange(len(lengths)), min(self.pieces, len(lengths))):
            longest = round_frames(int(lengths[places].max()))
            with precision(self._device):
                logits = self._forward(
                    features[places][:, :longest].to(self._device), lengths[places].to(self._device)
                )
            loss = loss_of(logits, soft_targets[places].to(self._device))
            # DistributedDataParallel averages over the workers; the sum is needed.
            torch.autograd.backward(loss * self.group.size)
            total += float(loss.detach())
        return total

    def logits(self, clips: ClipDataset, rows: np.ndarray) -> np.ndarray:
        """Compute logits [shape=(n, labels)] by the averaged weights in all workers."""
        found = torch.zeros(len(rows), clips.n_labels)
        for number, (places, features, lengths) in enumerate(clips.by_length(rows, _PREDICTED_AT_ONCE)):
            if number % self.group.size == self.group.rank:
                found[places] = logits_of(self.weights.average, features, lengths, self._device)
        return np.asarray(self.group.sum(found).numpy())

    def averaged_weights(self) -> dict[str, Tensor]:
        """Return copies of the averaged weights; empty except in the first worker."""
        if self.group.rank:
            return {}
        return {name: value.detach().cpu().clone() for name, value in self.weights.average.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """Return the state for a checkpoint; it is the same in every worker."""
        return self.weights.state()

    def load(self, state: dict[str, Any]) -> None:
        """Restore a state that `state` returned."""
        self.weights.load(state)


def logits_of(network: nn.Module, features: Tensor, lengths: Tensor, device: torch.device) -> Tensor:
    """Return logits [shape=(batch, labels), dtype=float32] on the CPU.

    A batch that does not fit in memory is computed in halves.

    Raises
    ------
    TrainingError
        A single clip does not fit in memory.
    """
    try:
        with torch.inference_mode():
            return torch.as_tensor(network(features.to(device), lengths.to(device)).float().cpu())
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        if len(lengths) == 1:
            raise _too_large(lengths) from error
    middle = len(lengths) // 2
    halves = (slice(None, middle), slice(middle, None))
    return torch.cat([logits_of(network, features[half], lengths[half], device) for half in halves])


def _too_large(lengths: Tensor) -> TrainingError:
    return TrainingError(
        f"a batch of {len(lengths)} clips of {int(lengths.max())} frames does not fit in memory",
        "",
        "Use a smaller batch or network, or shorter clips",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory ran out; PyTorch has several."""
    words = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or ("alloc" in words and "memory" in words)
