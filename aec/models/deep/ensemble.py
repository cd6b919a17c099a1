"""Several networks that answer as one: the mean of their probabilities."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from aec.models.deep.fitting import FittedNetwork

# Far below any probability that counts; its logarithm is finite.
LEAST_PROBABILITY = 1e-9


class Ensemble(nn.Module):
    """Networks side by side.

    Parameters
    ----------
    members : sequence of nn.Module
        Each returns logits of (features, lengths).
    weights : sequence of float, optional
        How much each answer counts; default all the same.
    """

    def __init__(self, members: Sequence[nn.Module], weights: Sequence[float] | None = None) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        weights = weights or [1.0] * len(members)
        self._shares = [weight / sum(weights) for weight in weights]

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Return the logarithms of the mean probabilities [shape=(batch, labels)], which serve as logits."""
        return pooled([member(features, lengths) for member in self.members], self._shares)


def pooled(answers: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Return the logarithms of the weighted mean of probabilities, of logits [shape=(batch, labels)] each."""
    weighted = [share * torch.softmax(logits.float(), dim=1) for share, logits in zip(shares, answers, strict=True)]
    return torch.log(sum(weighted[1:], weighted[0]).clamp_min(LEAST_PROBABILITY))


def together(members: Sequence[FittedNetwork], weights: Sequence[float] | None = None) -> FittedNetwork:
    """Return trained networks as one; they must have learned the same labels from the same kind of features."""
    epochs = max(member.kept_epoch for member in members)
    return FittedNetwork("ensemble", Ensemble([member.network for member in members], weights).eval(), (), epochs)
