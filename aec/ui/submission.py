"""A training on its way to the queue; with strangers, one at a time for each of them."""

from typing import Any

from aec.errors import UsageError
from aec.jobs import submit
from aec.runs import Run
from aec.settings import Settings
from aec.ui.job_panel import current_jobs, owner_token

ONE_AT_A_TIME = "One training at a time, please: others share this machine."


def must_wait(settings: Settings) -> bool:
    """Return whether this visitor has a job already where only one is allowed."""
    return settings.public and any(job.owner == owner_token() for job in current_jobs(settings))


def start_training(config: dict[str, Any], settings: Settings) -> Run:
    """Put a training into the queue.

    Parameters
    ----------
    config : dict
        Of the run, checked.
    settings : Settings

    Raises
    ------
    UsageError
        The visitor has to wait for a job of theirs.
    RunError
        It cannot be written.
    """
    if must_wait(settings):
        raise UsageError(
            "a job of yours runs or waits already", "one at a time is allowed here", "Wait for it to end"
        )
    return submit(settings.home, config, owner=owner_token(), public=settings.public)
