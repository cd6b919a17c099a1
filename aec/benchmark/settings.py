"""What to measure: the versions, on which kinds of workers, how often."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aec.emotions import LABEL_SETS
from aec.errors import RunError, UsageError

# In the order in which they are measured, drawn and listed.
VERSIONS: dict[str, str] = {
    "first": "First version",
    "first, one BLAS thread": "First version, one BLAS thread",
    "final": "Final version",
    "engine": "Engine",
}
BACKENDS = ("threading", "loky")
MAX_JOBS = 64
MAX_REPEATS = 20

# Seconds on one core of a small server; a first guess only, until this machine has a result of its own.
_START_S = {"first": 3.0, "first, one BLAS thread": 3.0, "final": 4.5, "engine": 1.2}
_CLIP_S = {"first": 0.0090, "first, one BLAS thread": 0.0090, "final": 0.0090, "engine": 0.0045}
_TRAINING_S = {"first": 0.0042, "first, one BLAS thread": 0.0055, "final": 0.0042, "engine": 0.0042}


@dataclass(frozen=True)
class Configuration:
    """One way to do the work.

    Parameters
    ----------
    version : str
        A key of `VERSIONS`.
    backend : {"sequential", "threading", "loky"}
        A plain loop, threads, or processes.
    jobs : int
        Workers.
    trains : bool
        Whether the network is trained as well.
    """

    version: str
    backend: str
    jobs: int
    trains: bool = False

    @property
    def blas_threads(self) -> int | None:
        """Threads of the linear algebra library per worker; None leaves them as they come."""
        return None if self.version in {"first", "final"} else 1

    @property
    def title(self) -> str:
        """In words, for example `Engine, 2 threads`."""
        if self.backend == "sequential":
            return VERSIONS[self.version]
        kind = "thread" if self.backend == "threading" else "process"
        plural = {"thread": "threads", "process": "processes"}[kind]
        return f"{VERSIONS[self.version]}, {self.jobs} {kind if self.jobs == 1 else plural}"

    @property
    def key(self) -> tuple[str, str, int]:
        """What a measurement is told apart by."""
        return (self.version, self.backend, self.jobs)


@dataclass(frozen=True)
class BenchmarkSettings:
    """What to measure.

    Parameters
    ----------
    jobs : tuple of int
        Worker counts for the final version and the engine.
    backends : tuple of str
        The engine's kinds of workers, of `BACKENDS`; the final version is measured with processes, as described.
    repeats : int
    training : bool
        Train the network on each version's features, too.
    clips : int or None
        So many clips, drawn at random; None is all.
    labels : str
        Label set.
    seed : int
    networks : bool
        Train a network in PyTorch by data and by model parallelism, too.
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
        if not self.backends or any(backend not in BACKENDS for backend in self.backends):
            raise UsageError(f"the backends are {list(self.backends)}", f"{', '.join(BACKENDS)} are expected")
        if not 1 <= self.repeats <= MAX_REPEATS:
            raise UsageError(f"the number of repeats is {self.repeats}", f"1 to {MAX_REPEATS} is expected")
        if self.clips is not None and self.clips < 2:
            raise UsageError(f"the number of clips is {self.clips}", "2 or more is expected")
        if self.labels not in LABEL_SETS:
            raise UsageError(f"the label set is {self.labels!r}", f"one of {', '.join(LABEL_SETS)} is expected")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {"kind": "benchmark", **asdict(self), "jobs": list(self.jobs), "backends": list(self.backends)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "BenchmarkSettings":
        """Rebuild from `to_dict`, for a run that waited in the queue.

        Raises
        ------
        RunError
            A field is missing or of another type.
        """
        try:
            return cls(
                jobs=tuple(int(jobs) for jobs in fields["jobs"]),
                backends=tuple(fields["backends"]),
                repeats=int(fields["repeats"]),
                training=bool(fields["training"]),
                clips=None if fields["clips"] is None else int(fields["clips"]),
                labels=fields["labels"],
                seed=int(fields["seed"]),
                # Runs that waited since before it could be asked for do not say.
                networks=bool(fields.get("networks", False)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"the run's configuration is not one of a benchmark ({type(error).__name__}: {error})",
                "",
                "Start a new run",
            ) from error


def configurations(settings: BenchmarkSettings) -> list[Configuration]:
    """Return what is measured, in order; the network is trained where a version has most workers."""
    jobs = sorted(set(settings.jobs))
    most = jobs[-1]
    found = [
        Configuration("first", "sequential", 1, settings.training),
        Configuration("first, one BLAS thread", "sequential", 1),
    ]
    # With one worker joblib makes no process: it is the first version again, unless there is nothing else to show.
    several = [each for each in jobs if each > 1] or jobs
    found += [Configuration("final", "loky", each, settings.training and each == most) for each in several]
    for number, backend in enumerate(settings.backends):
        trains = settings.training and number == 0
        found += [Configuration("engine", backend, each, trains and each == most) for each in jobs]
    return found


def estimate_s(settings: BenchmarkSettings, clips: int, cores: int, known: "Sequence[dict[str, Any]]" = ()) -> float:
    """Return about how many seconds a benchmark will take.

    Parameters
    ----------
    settings : BenchmarkSettings
    clips : int
        How many there are; `settings.clips` cuts it.
    cores : int
    known : sequence of dict
        The rates of an earlier result on this machine, as `aec.benchmark.summary.rates` gives them.
    """
    rates = {(row["version"], row["backend"], row["jobs"]): row for row in known}
    number = clips if settings.clips is None else min(clips, settings.clips)
    total = 0.0
    for each in configurations(settings):
        rate = rates.get(each.key, {})
        per_clip = rate.get("clip_s", _CLIP_S[each.version] / min(each.jobs, cores))
        start = rate.get("start_s", _START_S[each.version])
        training = number * (rate.get("training_clip_s") or _TRAINING_S[each.version]) if each.trains else 0.0
        total += start + 2 * number * per_clip + training
    total *= settings.repeats
    if settings.networks:
        # Each measurement loads this module, and what it imports would count as its start.
        from aec.benchmark.networks import networks_estimate_s

        total += networks_estimate_s(settings.jobs, settings.repeats, cores)
    return total
