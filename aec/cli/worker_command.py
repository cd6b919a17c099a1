"""`aec worker`: do the work that waits in the queue."""

from argparse import Namespace

from aec.cli.output import remark
from aec.runs.worker import work
from aec.settings import read_settings


def run(_: Namespace) -> int:
    """Empty the queue of `AEC_HOME` and leave after a minute without work."""
    home = read_settings().home
    if not work(home):
        remark(f"A worker is at it already for {home}.")
    return 0
