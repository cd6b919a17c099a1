"""Ensembles: the weighted mean of the probabilities of several networks."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from aec.models.deep.fitting import FittedNetwork

# Floor of probabilities, so that logarithms are finite.
LEAST_PROBABILITY = 1e-9


class Ensemble(nn.Module):
    """An ensemble as one network.

    Parameters
    ----------
    members : sequence of nn.Module
        Networks that return logits of (features, lengths).
    weights : sequence of float, optional
        Weights of the members; default all equal.
    """

    def __init__(self, members: Sequence[nn.Module], weights: Sequence[float] | None = None) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        weights = weights or [1.0] * len(members)
        self._shares = [weight / sum(weights) for weight in weights]

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Return the logarithms of the mean probabilities as logits."""
        return pooled_logits([member(features, lengths) for member in self.members], self._shares)


def pooled_logits(answers: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Return the logarithm of the weighted mean of softmax(logits)."""
    weighted = [share * torch.softmax(logits.float(), dim=1) for share, logits in zip(shares, answers, strict=True)]
    return torch.log(sum(weighted[1:], weighted[0]).clamp_min(LEAST_PROBABILITY))


def ensemble_of(members: Sequence[FittedNetwork], weights: Sequence[float] | None = None) -> FittedNetwork:
    """Join trained networks of the same labels and features into one."""
    epochs = max(member.kept_epoch for member in members)
    return FittedNetwork("ensemble", Ensemble([member.network for member in members], weights).eval(), (), epochs)
