"""The ways to train a network that a benchmark holds against one another; known without PyTorch."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

PARALLEL = ("none", "data", "model")
# A batch has 32 clips; with more processes, a process's share says little of a training.
MOST_WORKERS = 16
_TITLES = {"none": "One process", "data": "Data parallel", "model": "Model parallel"}


@dataclass(frozen=True)
class PaceSetting:
    """One way to train.

    Parameters
    ----------
    parallel : {"none", "data", "model"}
        One process alone; several with a copy of the network each; several with a part of it each.
    workers : int
        Processes.
    threads : int
        Of each.
    """

    parallel: str
    workers: int
    threads: int

    @property
    def title(self) -> str:
        """In words, for example `Data parallel, 2 processes` (of one thread each)."""
        if self.parallel == "none":
            return f"{_TITLES['none']}, {self.threads} thread{'' if self.threads == 1 else 's'}"
        each = "" if self.threads == 1 else f" of {self.threads} threads"
        return f"{_TITLES[self.parallel]}, {self.workers} process{'' if self.workers == 1 else 'es'}{each}"

    @property
    def cores(self) -> int:
        """How many cores it can keep busy."""
        return self.workers * self.threads

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)


def pace_plan(jobs: Iterable[int], cores: int) -> list[PaceSetting]:
    """Return what is measured, in order: one process with one thread and with all, then several with one thread each.

    Parameters
    ----------
    jobs : iterable of int
        Worker counts that are asked for; beyond `cores` and `MOST_WORKERS` they count as these.
    cores : int
        Usable ones.
    """
    plan = [PaceSetting("none", 1, 1)]
    if cores > 1:
        plan.append(PaceSetting("none", 1, cores))
    several = sorted({min(each, cores, MOST_WORKERS) for each in jobs} - {1})
    plan += [PaceSetting("data", workers, 1) for workers in several]
    if several:
        plan.append(PaceSetting("model", 2, 1))
    return plan
