"""Optimizer step: AdamW, schedule, gradient clipping, average of weights."""

import copy
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from aec.models.network_settings import NetworkSettings

MAX_NORM = 5.0
_WARM_UP = 0.1


def loss_of(logits: Tensor, soft_targets: Tensor) -> Tensor:
    """Return the summed cross-entropy of a batch.

    Parameters
    ----------
    logits : Tensor [shape=(batch, labels)]
    soft_targets : Tensor [shape=(batch, labels)]
        Label distribution of each clip times the clip's weight, divided by the summed weights of the whole batch.
        Losses and gradients of parts of a batch then add up, wherever they are computed.
    """
    return -(soft_targets * torch.log_softmax(logits.float(), dim=1)).sum()


def rate_at(progress: float, highest: float) -> float:
    """Return the learning rate: linear warm-up, then cosine decay to zero."""
    if progress < _WARM_UP:
        return highest * progress / _WARM_UP
    return highest * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - _WARM_UP) / (1 - _WARM_UP))))


class Optimizer:
    """AdamW and moving average of this worker's weights.

    Parameters
    ----------
    network : nn.Module
    settings : NetworkSettings
    norm : callable, optional
        Returns the norm of all workers' gradients from the squared norm of this one's; needed where each has a part
        of the network.
    """

    def __init__(
        self, network: nn.Module, settings: NetworkSettings, norm: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        self.network = network
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self._settings = settings
        self._norm = norm or torch.sqrt
        # No weight decay on biases and normalisation parameters.
        plain = [p for p in network.parameters() if p.ndim < 2]
        matrices = [p for p in network.parameters() if p.ndim >= 2]
        groups = [
            {"params": matrices, "weight_decay": settings.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self.steps = 0

    def step(self, progress: float) -> bool:
        """Apply the gradients; if they are not finite, change nothing and return False."""
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
        """Return the state for a checkpoint."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "steps": self.steps,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore a state that `state` returned."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.steps = int(state["steps"])
