"""What the commands that take long share: ending early by a signal, and going on with a run's own settings."""

import signal
import threading
from argparse import Namespace
from collections.abc import Iterable

from aec.cli.output import remark
from aec.cli.parser import make_parser
from aec.errors import UsageError


def cancel_on_signals(kept: str) -> threading.Event:
    """Return what SIGINT and SIGTERM set, so that the work ends at its next step; a second one ends it at once.

    Parameters
    ----------
    kept : str
        What is kept then, in words.
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
    """Refuse options that a run that goes on would have to ignore.

    Raises
    ------
    UsageError
        One of them was given beside --resume.
    """
    fresh = vars(make_parser().parse_args([arguments.command, "--resume", arguments.resume]))
    for name in names:
        if getattr(arguments, name) != fresh[name]:
            option = "DATA" if name == "data" else f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} is given beside --resume", "a run goes on with its own settings")
