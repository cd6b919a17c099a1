"""Workers of Dask or Ray, on one machine or many, through joblib's backends.

`DASK_SCHEDULER_ADDRESS` or `RAY_ADDRESS` names a cluster; without it, workers are started here and ended afterwards.
They must be able to import this package, and to read the clips under the same paths.
"""

import contextlib
import importlib
import importlib.util
import os
from collections.abc import Generator, Iterable
from itertools import islice
from multiprocessing import TimeoutError as JoblibTimeoutError
from typing import Any

from aec.errors import UsageError, WorkerDiedError

# The module of a backend, and the command that installs it.
CLUSTERS = {"dask": ("distributed", 'pip install "dask[distributed]"'), "ray": ("ray", "pip install ray")}
# A batch of clips takes seconds; for a killed worker of Dask, joblib would wait for ever.
_TIMEOUT_S = 300.0
# Longest wait for the first worker of a cluster.
_START_S = 60.0
# Ray's backend returns all results at once: small slices, so that progress is visible.
_TASKS_PER_SLICE = 4
_DEATHS = {"ActorDiedError", "RayActorError", "KilledWorker"}


def refuse_missing(backend: str) -> None:
    """Raise a UsageError where the library of a backend is not installed."""
    module, command = CLUSTERS[backend]
    if importlib.util.find_spec(module) is None:
        raise UsageError(f"the backend {backend} needs a library that is not installed", "", f"Run: {command}")


@contextlib.contextmanager
def cluster(backend: str, workers: int) -> Generator[int, None, None]:
    """Connect to a cluster, or start one, as joblib's backend for a `with` block.

    Parameters
    ----------
    backend : {"dask", "ray"}
    workers : int
        To start, unless the environment names a cluster.

    Yields
    ------
    int
        Number of cores.

    Raises
    ------
    UsageError
        The library is not installed.
    WorkerDiedError
        There is no worker.
    """
    refuse_missing(backend)
    import joblib

    with contextlib.ExitStack() as stack:
        cores = _dask(stack, workers) if backend == "dask" else _ray(stack, workers)
        if cores < 1:
            raise WorkerDiedError(
                f"the cluster of {backend} has no workers", "", "Start some, or choose another backend"
            )
        stack.enter_context(joblib.parallel_config(backend=backend))
        yield cores


def results(backend: str, calls: Iterable[object], cores: int) -> Generator[Any, None, None]:
    """Yield the results of tasks in order, within `cluster`.

    Parameters
    ----------
    backend : {"dask", "ray"}
    calls : iterable
        Of `joblib.delayed`.
    cores : int

    Raises
    ------
    WorkerDiedError
        A worker was killed, or there was no result for five minutes.
    """
    try:
        yield from _by_slices(calls, _TASKS_PER_SLICE * cores, _TIMEOUT_S)
    except Exception as error:
        if not isinstance(error, JoblibTimeoutError) and type(error).__name__ not in _DEATHS:
            raise
        raise WorkerDiedError(
            f"a worker of {backend} was killed while extracting features, or gave no result for {_TIMEOUT_S:.0f} s",
            "",
            "Most often memory ran out: use fewer --jobs, or the backend threading",
        ) from error


def _dask(stack: contextlib.ExitStack, workers: int) -> int:
    distributed: Any = importlib.import_module("distributed")

    if "DASK_SCHEDULER_ADDRESS" in os.environ:
        client = stack.enter_context(distributed.Client())
    else:
        # Without a dashboard the scheduler still serves its metrics: at a free port, as there may be another cluster.
        here = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=None,
            scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
        )
        client = stack.enter_context(distributed.Client(stack.enter_context(here)))
    with contextlib.suppress(TimeoutError, OSError):
        client.wait_for_workers(1, timeout=_START_S)
    return int(sum(client.ncores().values()))


def _ray(stack: contextlib.ExitStack, workers: int) -> int:
    import ray
    from ray.util.joblib import register_ray

    register_ray()
    if not ray.is_initialized():
        size = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": workers, "include_dashboard": False}
        ray.init(log_to_driver=False, configure_logging=False, **size)
        stack.callback(ray.shutdown)
    return int(ray.cluster_resources().get("CPU", 0))


def _by_slices(calls: Iterable[object], size: int, timeout_s: float) -> Generator[Any, None, None]:
    import joblib

    # One pool for all slices.
    with joblib.Parallel(n_jobs=-1, batch_size=1, timeout=timeout_s) as pool:
        left = iter(calls)
        while some := list(islice(left, size)):
            yield from pool(some)
