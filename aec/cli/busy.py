"""Whether the worker is at something, which a command in the foreground would slow down and be slowed by."""

from aec.cli.output import remark
from aec.errors import AecError
from aec.settings import read_settings


def busy_with(besides: str = "") -> str:
    """Return what the worker is doing, for example `mlp, run 20260101-...`; empty where nothing.

    Parameters
    ----------
    besides : str
        A run that does not count: the one that asks.
    """
    from aec.jobs import running

    home = read_settings().home
    if not (home / "runs").is_dir():
        return ""
    try:
        found = [entry for entry in running(home) if entry.id != besides]
    except AecError:
        # The command does not need the list of runs; whoever does will say what is wrong with it.
        return ""
    return f"{found[0].kind}, run {found[0].id}" if found else ""


def remark_if_busy(besides: str = "") -> None:
    """Say so when the worker is busy."""
    if job := busy_with(besides):
        remark(f"The worker is busy with {job}; both will take longer.")
