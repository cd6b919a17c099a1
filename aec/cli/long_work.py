"""Long work of the commands: other work on this machine, cancellation, resumption."""

import signal
import threading
from argparse import Namespace
from collections.abc import Iterable

from aec.cli.output import remark
from aec.cli.parser import make_parser
from aec.errors import AecError, RunError, UsageError
from aec.runs.run import list_runs
from aec.settings import read_settings


def busy_with(besides: str = "", *, shells: bool = True) -> str:
    """Return a text about other running work: `the worker is busy with mlp, run ...`.

    Parameters
    ----------
    besides : str
        Id of the run that does not count: the caller's own.
    shells : bool
        Whether commands in other shells count.

    Returns
    -------
    str
        Empty if there is none.
    """
    # Imported here: the queue needs SQLite, and most commands do not.
    from aec.runs.queue import running_jobs

    home = read_settings().home
    if not (home / "runs").is_dir():
        return ""
    try:
        jobs = [job for job in running_jobs(home) if job.id != besides]
    except AecError:
        # A damaged index does not concern this command.
        return ""
    if jobs:
        return f"the worker is busy with {jobs[0].kind}, run {jobs[0].id}"
    for run in list_runs(home) if shells else ():
        try:
            if run.id != besides and run.state().name == "running":
                return f"another shell is busy with {run.job_config().kind}, run {run.id}"
        except RunError:
            # A damaged folder is not running.
            continue
    return ""


def remark_if_busy(besides: str = "") -> None:
    """Print a remark if other long work is running."""
    if busy := busy_with(besides):
        remark(f"{busy[0].upper()}{busy[1:]}; both will take longer.")


def cancel_on_signals(kept: str) -> threading.Event:
    """Return an event that the SIGINT or SIGTERM sets.

    A second signal interrupts at once.

    Parameters
    ----------
    kept : str
        Results that are kept after the first signal, for the remark.
    """
    cancel = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        if cancel.is_set():
            raise KeyboardInterrupt
        remark(f"Stopping; {kept}. Once more to stop at once.")
        cancel.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return cancel


def refuse_changes(arguments: Namespace, names: Iterable[str]) -> None:
    """Refuse options that `--resume` would ignore.

    Raises
    ------
    UsageError
        One of them differs from its default.
    """
    defaults = vars(make_parser().parse_args([arguments.command, "--resume", arguments.resume]))
    for name in names:
        if getattr(arguments, name) != defaults[name]:
            option = "DATA" if name == "data" else f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} is given beside --resume", "a run goes on with its own settings")
