"""Settings from environment variables: folders, limits, public mode."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from aec.errors import UsageError

_T = TypeVar("_T")
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class Settings:
    """Settings of this deployment.

    Parameters
    ----------
    home : Path
        Runs and the feature store (`AEC_HOME`).
    data : tuple of Path
        Folders that the dashboard may read (`AEC_DATA`, separated like PATH); the demo corpora are always allowed.
    jobs : int or None
        Upper limit of workers (`AEC_JOBS`); None is `usable_cores`.
    max_seconds : float
        Longest accepted sound in seconds (`AEC_MAX_SECONDS`).
    max_mb : float
        Largest accepted file in megabytes (`AEC_MAX_MB`).
    public : bool
        Whether the deployment is public (`AEC_PUBLIC`: true, yes, on or 1).
    """

    home: Path
    data: tuple[Path, ...]
    jobs: int | None
    max_seconds: float
    max_mb: float
    public: bool


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises
    ------
    UsageError
        A limit that is no number above zero; an `AEC_PUBLIC` that is neither true nor false.
    """
    env = os.environ if environ is None else environ
    jobs = _number(env, "AEC_JOBS", None)
    return Settings(
        home=Path(env.get("AEC_HOME") or ".aec"),
        data=tuple(Path(part) for part in (env.get("AEC_DATA") or "data").split(os.pathsep) if part),
        jobs=None if jobs is None else max(1, int(jobs)),
        max_seconds=_number(env, "AEC_MAX_SECONDS", 900.0),
        max_mb=_number(env, "AEC_MAX_MB", 25.0),
        public=_flag(env, "AEC_PUBLIC"),
    )


def usable_cores() -> int:
    """Return the number of cores within affinity, cgroup quota and `AEC_JOBS`."""
    # Imported here: joblib takes a tenth of a second, and most commands do not need it.
    from joblib import cpu_count

    limit = read_settings().jobs
    cores = int(cpu_count())
    return cores if limit is None else min(cores, limit)


def _number(env: Mapping[str, str], name: str, default: _T) -> float | _T:
    text = env.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(f"{name} is {text!r}", "a number above zero is expected", f"Set or unset {name}")
    return value


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "").strip().lower()
    if text not in _TRUE + _FALSE:
        # No guess: a public deployment must not run as a private one.
        raise UsageError(f"{name} is {env[name]!r}", "true or false is expected", f"Set {name} to true, or unset it")
    return text in _TRUE
