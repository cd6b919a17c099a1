"""Start the processes that train a network for a benchmark, listen to them, and end them when asked."""

import json
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aec.benchmark.networks import NETWORK, STEPS, Take, network_rows
from aec.benchmark.settings import BenchmarkSettings
from aec.errors import CancelledError, TrainingError, WorkerDiedError
from aec.models.deep import torchrun
from aec.models.deep.pace_settings import PaceSetting, pace_plan
from aec.settings import usable_cores

_POLL_S = 0.2
# Loaded by name in the new processes: nothing of PyTorch comes into this one.
_MODULE = "aec.models.deep.pace"


class NetworkBench:
    """The networks' part of a benchmark; of no part where they are not asked for.

    Parameters
    ----------
    settings : BenchmarkSettings

    Attributes
    ----------
    notes : list of str
        What went otherwise than planned.
    cancelled : bool
        Whether a repeat is missing because it was cancelled.
    """

    def __init__(self, settings: BenchmarkSettings) -> None:
        self.notes: list[str] = []
        self.cancelled = False
        self._repeats = settings.repeats
        self._plan = pace_plan(settings.jobs, usable_cores()) if settings.networks else []
        self._takes: list[Take] = []

    @property
    def total(self) -> int:
        """How many measurements there are."""
        return self._repeats * len(self._plan)

    def measure(self, folder: Path, stop: threading.Event, tell: Callable[[int, int, str], None]) -> None:
        """Measure every setting in every repeat.

        Parameters
        ----------
        folder : Path
            For what the processes say.
        stop : threading.Event
            Once set, the measurement ends; whole repeats that are done count.
        tell : callable
            Called with how many measurements are done, the repeat (from 0) and what is measured next.
        """
        name = NETWORK.upper()
        tell(0, 0, f"{name}, loading PyTorch")

        def on_begin(repeat: int, setting: PaceSetting) -> None:
            words = setting.title
            tell(len(self._takes), repeat, f"{name}, {words[:1].lower()}{words[1:]}")

        try:
            measure_networks(self._plan, self._repeats, folder, stop, on_begin=on_begin, on_take=self._takes.append)
        except CancelledError:
            self.cancelled = self._whole < self._repeats
            if self.cancelled:
                self.notes.append(f"Cancelled: {self._whole} of {self._repeats} repeats of the networks were done.")
        except (WorkerDiedError, TrainingError) as error:
            # The versions were measured all the same.
            text = str(error)
            self.notes.append(text[:1].upper() + text[1:])
        tell(len(self._takes), self._repeats - 1, "")

    def rows(self) -> list[dict[str, Any]]:
        """Return what the whole repeats show; see `network_rows`."""
        return network_rows(self._takes, self._whole)

    @property
    def _whole(self) -> int:
        return len(self._takes) // len(self._plan) if self._plan else 0


def measure_networks(
    plan: Sequence[PaceSetting],
    repeats: int,
    scratch: Path,
    cancel: threading.Event,
    *,
    on_begin: Callable[[int, PaceSetting], None],
    on_take: Callable[[Take], None],
    network: str = NETWORK,
    steps: int = STEPS,
) -> None:
    """Measure all settings in turn, again and again.

    Parameters
    ----------
    plan : sequence of PaceSetting
    repeats : int
    scratch : Path
        Folder for what the processes say.
    cancel : threading.Event
        Once set, the processes are ended.
    on_begin : callable
        Called with the repeat (from 0) and the setting whose turn it is.
    on_take : callable
        Called with each setting that was measured.
    network : {"cnn", "rnn", "crnn"}
    steps : int
        Timed ones in each repeat.

    Raises
    ------
    CancelledError
        It was cancelled; what was measured has been told.
    WorkerDiedError
        One of the processes was killed; none of the others is left.
    TrainingError
        PyTorch was built without what the processes talk through.
    """
    workers = max(setting.workers for setting in plan)
    with tempfile.TemporaryDirectory(prefix="networks-", dir=scratch) as name:
        folder = Path(name)
        job = {"name": network, "plan": [setting.to_dict() for setting in plan], "repeats": repeats, "steps": steps}
        (folder / "job.json").write_text(json.dumps({**job, "parent": os.getpid()}), encoding="utf-8")
        told = 0
        with torchrun.started(_MODULE, folder, workers, threads=1) as process:
            while process.poll() is None:
                if cancel.wait(_POLL_S):
                    break
                told = _pass_on(folder, told, plan, on_begin, on_take)
        _pass_on(folder, told, plan, on_begin, on_take)
        if cancel.is_set():
            raise CancelledError("the benchmark was cancelled", "", "Start it again")
        if process.returncode:
            who = "the process" if workers == 1 else f"one of the {workers} processes"
            remedy = "Most often memory ran out: measure with fewer workers"
            raise torchrun.failure(folder, f"{who} that trained networks", remedy)


def _pass_on(
    folder: Path,
    told: int,
    plan: Sequence[PaceSetting],
    on_begin: Callable[[int, PaceSetting], None],
    on_take: Callable[[Take], None],
) -> int:
    """Tell what the processes said since; return how much that is in all."""
    events = torchrun.said(folder / "takes.jsonl")
    for event in events[told:]:
        setting, repeat = plan[event["setting"]], int(event["repeat"])
        if event["event"] == "begin":
            on_begin(repeat, setting)
        else:
            on_take(Take(setting, repeat, event))
    return len(events)
