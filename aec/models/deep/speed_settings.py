"""Settings and messages of the training-speed benchmark, without PyTorch."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# A batch has 32 clips; with more processes, a process's share differs much from that of a real training.
MOST_WORKERS = 16
_TITLES = {"none": "One process", "data": "Data parallel", "model": "Model parallel"}


class SpeedSetting(msgspec.Struct, frozen=True):
    """One way to train a network.

    Parameters
    ----------
    parallel : {"none", "data", "model"}
        One process; several with a copy of the network each; several with some of its layers each.
    workers : int
        Number of processes.
    threads : int
        Threads of each process.
    """

    parallel: Literal["none", "data", "model"]
    workers: Annotated[int, Meta(ge=1, le=64)]
    threads: Annotated[int, Meta(ge=1, le=100_000)]

    def __post_init__(self) -> None:
        if (self.parallel == "none") != (self.workers == 1):
            raise ValueError(f"Expected {'one process' if self.parallel == 'none' else 'several processes'}")

    @property
    def title(self) -> str:
        """Title, for example `Data parallel, 2 processes` (of one thread each)."""
        if self.parallel == "none":
            return f"{_TITLES['none']}, {self.threads} thread{'' if self.threads == 1 else 's'}"
        each = "" if self.threads == 1 else f" of {self.threads} threads"
        return f"{_TITLES[self.parallel]}, {self.workers} processes{each}"

    @property
    def cores(self) -> int:
        """Number of cores that it can use."""
        return self.workers * self.threads


class StepTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Measured training steps of one setting in one repeat.

    Parameters
    ----------
    step_s : float
        Seconds per step.
    batch_size : int
    exchange_s, exchange_mb : float or None
        Seconds per exchange of gradients, and their size in 10^6 bytes; data parallelism only.
    idle_share, micro_batches : float or None, int or None
        Idle share of the busiest process (0 to 1), and pieces per batch; model parallelism only.
    """

    step_s: float
    batch_size: int
    exchange_s: float | None = None
    exchange_mb: float | None = None
    idle_share: float | None = None
    micro_batches: int | None = None


class SpeedJob(msgspec.Struct, frozen=True, kw_only=True):
    """Job of the distributed workers that measure training speed.

    Parameters
    ----------
    network : {"cnn", "rnn", "crnn"}
    settings : tuple of SpeedSetting
        In the order of their measurement.
    repeats, steps : int
        Repeats, and timed steps in each.
    parent : int
        Process that waits for the results.
    """

    network: str
    settings: tuple[SpeedSetting, ...]
    repeats: int
    steps: int
    parent: int


class SpeedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Begin (without times) or end of the measurement of a setting.

    Parameters
    ----------
    setting : SpeedSetting
    repeat : int
        From 0.
    times : StepTimes or None
    """

    setting: SpeedSetting
    repeat: int
    times: StepTimes | None = None


def speed_settings(jobs: Iterable[int], cores: int) -> list[SpeedSetting]:
    """Return the settings to measure, in order.

    One process with one thread and with all cores, then several with one thread each.

    Parameters
    ----------
    jobs : iterable of int
        Requested worker counts, limited to `cores` and `MOST_WORKERS`.
    cores : int
        Usable cores.
    """
    settings = [SpeedSetting("none", 1, 1)]
    if cores > 1:
        settings.append(SpeedSetting("none", 1, cores))
    several = sorted({min(each, cores, MOST_WORKERS) for each in jobs} - {1})
    settings += [SpeedSetting("data", workers, 1) for workers in several]
    if several:
        settings.append(SpeedSetting("model", 2, 1))
    return settings
