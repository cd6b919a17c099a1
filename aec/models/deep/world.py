"""The processes that train together, as each of them sees the others; one process alone is the plain case."""

from typing import Protocol

import torch
from torch import Tensor, distributed


class World(Protocol):
    """What the loop needs of the other processes.

    Attributes
    ----------
    rank, size : int
    """

    rank: int
    size: int

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of everybody's values."""

    def agreed(self, number: int) -> int:
        """Return what the first process says."""

    def least(self, number: int) -> int:
        """Return the smallest of everybody's numbers."""


class Alone:
    """One process."""

    rank, size = 0, 1

    def total(self, values: Tensor) -> Tensor:
        """Return the values."""
        return values

    def agreed(self, number: int) -> int:
        """Return the number."""
        return number

    def least(self, number: int) -> int:
        """Return the number."""
        return number


class Together:
    """The processes of torch.distributed's default group."""

    def __init__(self, device: torch.device) -> None:
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()
        # nccl moves what lies on GPUs alone.
        self._device = device

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of everybody's values."""
        moved = values.to(self._device)
        distributed.all_reduce(moved)
        return moved.to(values.device)

    def agreed(self, number: int) -> int:
        """Return what the first process says."""
        value = torch.tensor([number], dtype=torch.int64, device=self._device)
        distributed.broadcast(value, 0)
        return int(value.item())

    def least(self, number: int) -> int:
        """Return the smallest of everybody's numbers."""
        value = torch.tensor([number], dtype=torch.int64, device=self._device)
        distributed.all_reduce(value, op=distributed.ReduceOp.MIN)
        return int(value.item())
