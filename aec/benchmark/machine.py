"""Facts about the machine of a benchmark."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from aec.benchmark.results import BlasPool, Machine
from aec.settings import usable_cores

_LIBRARIES = ("numpy", "scipy", "librosa", "scikit-learn", "joblib", "soundfile", "soxr", "onnxruntime")
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "AEC_JOBS")


def describe_machine() -> Machine:
    """Return processor, cores, memory, library versions and thread settings.

    Nothing in them identifies a person.
    """
    return Machine(
        processor=_processor(),
        cores=usable_cores(),
        cores_in_all=psutil.cpu_count() or 1,
        memory_mb=round(psutil.virtual_memory().total / 1e6),
        memory_limit_mb=_memory_limit_mb(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        libraries={name: found for name in _LIBRARIES if (found := _version(name))},
        thread_settings={name: os.environ[name] for name in _THREAD_SETTINGS if name in os.environ},
        blas=_blas(),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_limit_mb() -> int | None:
    """Return the control group's memory limit in 10^6 bytes, or None."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text(encoding="ascii").strip()
        except OSError:
            continue
        # Without a limit the file says "max", or in the older version a number near 2^63.
        if text.isdigit() and int(text) < psutil.virtual_memory().total:
            return round(int(text) / 1e6)
    return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _blas() -> tuple[BlasPool, ...]:
    import numpy  # noqa: F401 - its linear algebra library is listed
    from threadpoolctl import threadpool_info

    return tuple(
        BlasPool(library=pool["internal_api"], version=pool.get("version"), threads=pool["num_threads"])
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    )
