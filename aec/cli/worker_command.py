"""Command `aec worker`: carry out the queued runs."""

from argparse import Namespace

from aec.cli.output import remark
from aec.runs.worker import work
from aec.settings import read_settings


def run(_: Namespace) -> int:
    """Carry out the queued runs of `AEC_HOME`, and exit after a minute without work."""
    home = read_settings().home
    if not work(home):
        remark(f"A worker is running already for {home}.")
    return 0
