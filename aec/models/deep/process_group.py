"""Collective operations of the workers of one training, or of a single process."""

from typing import Protocol

import torch
from torch import Tensor, distributed


class ProcessGroup(Protocol):
    """Collective operations that training needs.

    Attributes
    ----------
    rank, size : int
    """

    rank: int
    size: int

    def sum(self, values: Tensor) -> Tensor:
        """Return the element-wise sum over all workers."""

    def from_first(self, number: int) -> int:
        """Return the number that worker 0 passed."""

    def minimum(self, number: int) -> int:
        """Return the smallest number over all workers."""


class SingleProcess:
    """A single process."""

    rank, size = 0, 1

    def sum(self, values: Tensor) -> Tensor:
        """Return the values unchanged."""
        return values

    def from_first(self, number: int) -> int:
        """Return the number unchanged."""
        return number

    def minimum(self, number: int) -> int:
        """Return the number unchanged."""
        return number


class DistributedGroup:
    """The default group of torch.distributed."""

    def __init__(self, device: torch.device) -> None:
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()
        # nccl communicates GPU tensors only.
        self._device = device

    def sum(self, values: Tensor) -> Tensor:
        """Return the element-wise sum over all workers."""
        moved = values.to(self._device)
        distributed.all_reduce(moved)
        return moved.to(values.device)

    def from_first(self, number: int) -> int:
        """Return the number that worker 0 passed."""
        value = torch.tensor([number], dtype=torch.int64, device=self._device)
        distributed.broadcast(value, 0)
        return int(value.item())

    def minimum(self, number: int) -> int:
        """Return the smallest number over all workers."""
        value = torch.tensor([number], dtype=torch.int64, device=self._device)
        distributed.all_reduce(value, op=distributed.ReduceOp.MIN)
        return int(value.item())
