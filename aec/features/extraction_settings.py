"""Settings of an extraction."""

import msgspec

from aec.errors import UsageError
from aec.features.clusters import CLUSTERS
from aec.features.engines import ENGINES
from aec.settings import read_settings, usable_cores

BACKENDS = ("sequential", "threading", "loky", *CLUSTERS)


class ExtractionSettings(msgspec.Struct, frozen=True):
    """Settings of an extraction: the engine, and the kind and number of its workers.

    Parameters
    ----------
    engine : str
        A key of `ENGINES`.
    backend : {"sequential", "threading", "loky", "dask", "ray"}
        A plain loop, joblib's threads, joblib's processes, or the workers of a cluster (see `aec.features.clusters`).
    jobs : int
        Workers; -1 for all usable cores. A running cluster has its own number.
    blas_threads : int or None
        Threads of the linear algebra library per worker; None leaves the default.

    Raises
    ------
    UsageError
        An unknown engine or backend, or an impossible number of jobs.
    """

    engine: str = "fused"
    backend: str = "threading"
    jobs: int = -1
    blas_threads: int | None = 1

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise UsageError(f"the engine is {self.engine!r}", f"one of {', '.join(ENGINES)} is expected")
        if self.backend not in BACKENDS:
            raise UsageError(f"the backend is {self.backend!r}", f"one of {', '.join(BACKENDS)} is expected")
        if self.jobs == 0 or self.jobs < -1:
            raise UsageError(f"the number of jobs is {self.jobs}", "1 or more is expected, or -1 for all cores")

    def workers(self) -> int:
        """Return the number of workers on this machine."""
        if self.backend == "sequential":
            return 1
        limit = read_settings().jobs
        wanted = usable_cores() if self.jobs == -1 else self.jobs
        return wanted if limit is None else min(wanted, limit)
