"""Whether long work is under way, which a command in the foreground would slow down and be slowed by."""

from pathlib import Path

from aec.cli.output import remark
from aec.errors import AecError, RunError
from aec.runs.run import list_runs
from aec.settings import read_settings


def busy_with(besides: str = "", *, shells: bool = True) -> str:
    """Return who is at work, for example `the worker is busy with mlp, run 20260101-...`; empty where nobody.

    Parameters
    ----------
    besides : str
        A run that does not count: the one that asks.
    shells : bool
        Whether commands in other shells count, too.
    """
    from aec.runs.queue import running_jobs

    home = read_settings().home
    if not (home / "runs").is_dir():
        return ""
    try:
        found = [entry for entry in running_jobs(home) if entry.id != besides]
    except AecError:
        # The command does not need the list of runs; whoever does will say what is wrong with it.
        return ""
    if found:
        return f"the worker is busy with {found[0].kind}, run {found[0].id}"
    return _in_a_shell(home, besides) if shells else ""


def _in_a_shell(home: Path, besides: str) -> str:
    for run in list_runs(home):
        try:
            if run.id != besides and run.state().name == "running":
                return f"another shell is busy with {run.config().get('kind', 'a job')}, run {run.id}"
        except RunError:
            # A damaged folder is nobody's work.
            continue
    return ""


def remark_if_busy(besides: str = "") -> None:
    """Say so when other long work is under way."""
    if busy := busy_with(besides):
        remark(f"{busy[0].upper()}{busy[1:]}; both will take longer.")
