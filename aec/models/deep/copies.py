"""Data parallelism: every process holds the whole network and a share of each batch; one alone is the plain case."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from aec.errors import TrainingError
from aec.models.deep.clips import Clips, round_frames
from aec.models.deep.devices import precision
from aec.models.deep.settings import NetworkSettings
from aec.models.deep.weights import Weights, loss_of
from aec.models.deep.world import World

_PREDICTED_AT_ONCE = 64


class Copies:
    """A network that each process has a copy of.

    Parameters
    ----------
    network : nn.Module
    settings : NetworkSettings
    device : torch.device
    world : World
    """

    def __init__(self, network: nn.Module, settings: NetworkSettings, device: torch.device, world: World) -> None:
        network = network.to(device)
        self.world = world
        self.weights = Weights(network, settings)
        self._device = device
        self._forward = network if world.size == 1 else DistributedDataParallel(network)
        # How many pieces a batch is computed in; more where it did not fit.
        self.pieces = 1

    def step(self, features: Tensor, lengths: Tensor, asked: Tensor, progress: float) -> float:
        """Learn from a batch that every process is given whole; return its loss over all processes.

        Parameters
        ----------
        features : Tensor [shape=(batch, time, coefficients)]
        lengths : Tensor [shape=(batch,)]
        asked : Tensor [shape=(batch, labels)]
            See `loss_of`.
        progress : float
            Share of all steps that are done.
        """
        self._forward.train()
        share = slice(self.world.rank, None, self.world.size)
        if self.world.rank >= len(lengths):
            # Fewer clips than processes: one without weight, because all have to take part in the exchange.
            own = features[:1], lengths[:1], torch.zeros_like(asked[:1])
        else:
            own = features[share], lengths[share], asked[share]
        loss = self.world.total(torch.tensor([self._accumulate(*own)]))
        # Gradients that are no numbers make a step as worthless as a loss that is none.
        return float(loss.item()) if self.weights.step(progress) else float("nan")

    def _accumulate(self, features: Tensor, lengths: Tensor, asked: Tensor) -> float:
        """Add up the gradients of this process's clips, in as many pieces as fit into memory."""
        while True:
            try:
                return self._in_pieces(features, lengths, asked)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if self.world.size > 1 or self.pieces >= len(lengths):
                    raise _too_large(lengths) from error
                self.pieces *= 2
                self.weights.network.zero_grad()
                if self._device.type == "cuda":
                    torch.cuda.empty_cache()

    def _in_pieces(self, features: Tensor, lengths: Tensor, asked: Tensor) -> float:
        total = 0.0
        for places in np.array_split(np.arange(len(lengths)), min(self.pieces, len(lengths))):
            longest = round_frames(int(lengths[places].max()))
            with precision(self._device):
                logits = self._forward(
                    features[places][:, :longest].to(self._device), lengths[places].to(self._device)
                )
            loss = loss_of(logits, asked[places].to(self._device))
            # The exchange takes the mean over the processes, and what is wanted is the sum.
            torch.autograd.backward(loss * self.world.size)
            total += float(loss.detach())
        return total

    def logits(self, clips: Clips, rows: np.ndarray) -> np.ndarray:
        """Return logits [shape=(len(rows), labels)] by the averaged weights; all share the work."""
        found = torch.zeros(len(rows), clips.n_labels)
        for number, (places, features, lengths) in enumerate(clips.in_order(rows, _PREDICTED_AT_ONCE)):
            if number % self.world.size == self.world.rank:
                found[places] = logits_of(self.weights.average, features, lengths, self._device)
        return np.asarray(self.world.total(found).numpy())

    def answering(self) -> dict[str, Tensor]:
        """Return copies of the averaged weights that this process answers for."""
        if self.world.rank:
            return {}
        return {name: value.detach().cpu().clone() for name, value in self.weights.average.state_dict().items()}

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint of this process holds; copies are equal, so that the first one's will do."""
        return self.weights.state()

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.weights.load(state)


def logits_of(network: nn.Module, features: Tensor, lengths: Tensor, device: torch.device) -> Tensor:
    """Return a network's logits [shape=(batch, labels)] on the CPU, in float32; in halves where they must be.

    Raises
    ------
    TrainingError
        Even one clip does not fit in memory.
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
    """Return whether an error says that memory ran out, which PyTorch says in several ways."""
    words = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or ("alloc" in words and "memory" in words)
