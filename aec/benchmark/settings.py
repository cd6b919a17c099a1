"""Settings of a benchmark: versions, kinds and numbers of workers, repeats."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aec.emotions import LABEL_SETS
from aec.errors import RunError, UsageError
from aec.system.structs import from_builtins

Version = Literal["first", "first, one BLAS thread", "final", "engine"]
Backend = Literal["sequential", "threading", "loky"]

# In the order in which they are measured, drawn and listed.
VERSIONS: dict[Version, str] = {
    "first": "First version",
    "first, one BLAS thread": "First version, one BLAS thread",
    "final": "Final version",
    "engine": "Engine",
}
ENGINE_BACKENDS = ("threading", "loky")
MAX_JOBS = 64
MAX_REPEATS = 20

_WORKERS = {"sequential": ("loop", "loops"), "threading": ("thread", "threads"), "loky": ("process", "processes")}


class Configuration(msgspec.Struct, frozen=True):
    """One version on one kind and number of workers.

    Parameters
    ----------
    version : str
        A key of `VERSIONS`.
    backend : {"sequential", "threading", "loky"}
        A plain loop, threads, or processes.
    jobs : int
        Number of workers.
    """

    version: Version
    backend: Backend
    jobs: Annotated[int, Meta(ge=1, le=MAX_JOBS)]

    @property
    def blas_threads(self) -> int | None:
        """Threads of the linear algebra library per worker; None is the library's default."""
        return None if self.version in {"first", "final"} else 1

    @property
    def worker_kind(self) -> str:
        """Kind of workers in the plural, `loop` for a plain loop."""
        return "loop" if self.backend == "sequential" else _WORKERS[self.backend][1]

    @property
    def workers(self) -> str:
        """Number and kind of workers, for example `2 threads`."""
        return f"{self.jobs} {_WORKERS[self.backend][self.jobs != 1]}"

    @property
    def title(self) -> str:
        """Version and workers, for example `Engine, 2 threads`."""
        title = VERSIONS[self.version]
        return title if self.backend == "sequential" else f"{title}, {self.workers}"

    @property
    def key(self) -> tuple[Version, Backend, int]:
        """The fields that identify a configuration, in subclasses too."""
        return (self.version, self.backend, self.jobs)


class PlannedConfiguration(Configuration, frozen=True):
    """A configuration to be measured.

    Parameters
    ----------
    trains : bool
        Whether the network is trained as well.
    """

    trains: bool = False


class BenchmarkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a benchmark.

    Parameters
    ----------
    jobs : tuple of int
        Worker counts for the final version and the engine.
    backends : tuple of str
        The engine's kinds of workers, of `ENGINE_BACKENDS`; the final version uses processes, as described.
    repeats : int
    training : bool
        Also train the network on each version's features.
    clips : int or None
        Number of clips, drawn at random; None is all.
    labels : str
        Label set.
    seed : int
    networks : bool
        Also train a network in PyTorch by data and by model parallelism.
    """

    jobs: tuple[int, ...] = (1, 2)
    backends: tuple[str, ...] = ("threading",)
    repeats: int = 3
    training: bool = True
    clips: int | None = None
    labels: str = "seven"
    seed: int = 0
    networks: bool = False

    def __post_init__(self) -> None:
        if not self.jobs or any(not 1 <= jobs <= MAX_JOBS for jobs in self.jobs):
            raise UsageError(f"the worker counts are {list(self.jobs)}", f"numbers from 1 to {MAX_JOBS} are expected")
        if not self.backends or any(backend not in ENGINE_BACKENDS for backend in self.backends):
            raise UsageError(f"the backends are {list(self.backends)}", f"{', '.join(ENGINE_BACKENDS)} are expected")
        if not 1 <= self.repeats <= MAX_REPEATS:
            raise UsageError(f"the number of repeats is {self.repeats}", f"1 to {MAX_REPEATS} is expected")
        if self.clips is not None and self.clips < 2:
            raise UsageError(f"the number of clips is {self.clips}", "2 or more is expected")
        if self.labels not in LABEL_SETS:
            raise UsageError(f"the label set is {self.labels!r}", f"one of {', '.join(LABEL_SETS)} is expected")

    def to_config(self) -> dict[str, object]:
        """Return the configuration of a run with these settings, without its data."""
        return {"kind": "benchmark", **msgspec.to_builtins(self)}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> "BenchmarkSettings":
        """Read the settings from a run's configuration.

        Raises
        ------
        RunError
            A field has another type.
        UsageError
            A value is out of range.
        """
        return from_builtins(
            dict(config),
            cls,
            title="the run's configuration of a benchmark",
            error=RunError,
            remedy="Start a new run",
        )


def configurations(settings: BenchmarkSettings) -> list[PlannedConfiguration]:
    """Return the configurations in the order of their measurement.

    A version trains the network with its largest number of workers only.
    """
    jobs = sorted(set(settings.jobs))
    most = jobs[-1]
    found = [
        PlannedConfiguration("first", "sequential", 1, settings.training),
        PlannedConfiguration("first, one BLAS thread", "sequential", 1),
    ]
    # With one worker joblib starts no process: it is the first version again, unless there is nothing else to show.
    several = [each for each in jobs if each > 1] or jobs
    found += [PlannedConfiguration("final", "loky", each, settings.training and each == most) for each in several]
    for backend in settings.backends:
        trains = settings.training and backend == settings.backends[0]
        kind: Backend = "threading" if backend == "threading" else "loky"
        found += [PlannedConfiguration("engine", kind, each, trains and each == most) for each in jobs]
    return found
