"""One step of training on weights that lie in this process: optimizer, schedule, moving average, mixed precision."""

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from aec.models.deep.settings import NetworkSettings

MAX_NORM = 5.0
_WARM_UP = 0.1


def loss_of(logits: Tensor, asked: Tensor) -> Tensor:
    """Return the cross entropy that clips have in all.

    Parameters
    ----------
    logits : Tensor [shape=(batch, labels)]
    asked : Tensor [shape=(batch, labels)]
        What each clip asks of each label, times the clip's weight, divided by the weights of the whole batch. Parts
        of a batch, wherever they are computed, then have losses and gradients that simply add up.
    """
    return -(asked * torch.log_softmax(logits.float(), dim=1)).sum()


def rate_at(progress: float, highest: float) -> float:
    """Return the learning rate after a share of all steps: a linear rise, then half a cosine down to zero."""
    if progress < _WARM_UP:
        return highest * progress / _WARM_UP
    return highest * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - _WARM_UP) / (1 - _WARM_UP))))


class Weights:
    """The weights of a network, or of this process's part of it, on their way.

    Parameters
    ----------
    network : nn.Module
    settings : NetworkSettings
    norm : callable, optional
        Returns the gradients' norm over all processes from the sum of this one's squares; needed where each has a
        part of the network.
    """

    def __init__(
        self, network: nn.Module, settings: NetworkSettings, norm: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        self.network = network
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self._settings = settings
        self._norm = norm or torch.sqrt
        # Scales and shifts are few, and pulling them towards zero would undo what they are for.
        plain = [p for p in network.parameters() if p.ndim < 2]
        matrices = [p for p in network.parameters() if p.ndim >= 2]
        groups = [
            {"params": matrices, "weight_decay": settings.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.steps = 0

    def step(self, progress: float) -> bool:
        """Use the gradients that lie in the network; return False, and change nothing, where they are no numbers."""
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        squares = torch.stack([g.detach().float().square().sum() for g in gradients]).sum()
        norm = self._norm(squares)
        if not torch.isfinite(norm):
            self._optimizer.zero_grad()
            return False
        if norm > MAX_NORM:
            for gradient in gradients:
                gradient.mul_(MAX_NORM / norm)
        for group in self._optimizer.param_groups:
            group["lr"] = rate_at(progress, self._settings.learning_rate)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.steps += 1
        decay = min(self._settings.averaging, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for kept, fresh in zip(self.average.parameters(), self.network.parameters(), strict=True):
                kept.lerp_(fresh, 1 - decay)
        return True

    def state(self) -> dict[str, Any]:
        """Return all that a checkpoint needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "steps": self.steps,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.steps = int(state["steps"])
