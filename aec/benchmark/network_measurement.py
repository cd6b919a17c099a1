"""Measurement of a network's training speed by distributed workers."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import msgspec

from aec.benchmark.network_speed import NETWORK, STEPS, network_measurements
from aec.benchmark.results import NetworkMeasurement
from aec.benchmark.settings import BenchmarkSettings
from aec.errors import CancelledError, TrainingError, WorkerDiedError
from aec.models.deep import torchrun
from aec.models.deep.speed_settings import SpeedEvent, SpeedJob, SpeedSetting, speed_settings
from aec.settings import usable_cores

_POLL_S = 0.2
# Imported by name in the new processes: nothing of PyTorch is loaded into this one.
_MODULE = "aec.models.deep.speed_worker"


class NetworkBenchmark:
    """Measurement of a network's training speed within a benchmark.

    Without any settings to measure unless `settings.networks` is true.

    Parameters
    ----------
    settings : BenchmarkSettings

    Attributes
    ----------
    notes : list of str
        Failures and cancellation.
    cancelled : bool
        Whether a repeat is missing because of a cancellation.
    """

    def __init__(self, settings: BenchmarkSettings) -> None:
        self.notes: list[str] = []
        self.cancelled = False
        self._repeats = settings.repeats
        self._settings = speed_settings(settings.jobs, usable_cores()) if settings.networks else []
        self._done: list[SpeedEvent] = []

    @property
    def total(self) -> int:
        """Number of measurements."""
        return self._repeats * len(self._settings)

    def measure(self, folder: Path, cancel: threading.Event, progress: Callable[[int, int, str], None]) -> None:
        """Measure every setting in every repeat.

        Parameters
        ----------
        folder : Path
            For the files of the workers.
        cancel : threading.Event
            Once set, the measurement ends; complete repeats count.
        progress : callable
            Called with the number of finished measurements, the repeat (from 0) and the title of the next setting.
        """
        name = NETWORK.upper()
        progress(0, 0, f"{name}, loading PyTorch")
        try:
            with contextlib.closing(measure_networks(self._settings, self._repeats, folder, cancel)) as events:
                for event in events:
                    if event.times is not None:
                        self._done.append(event)
                        continue
                    title = event.setting.title
                    progress(len(self._done), event.repeat, f"{name}, {title[:1].lower()}{title[1:]}")
        except CancelledError:
            self.cancelled = self._complete_repeats < self._repeats
            if self.cancelled:
                done = f"{self._complete_repeats} of {self._repeats}"
                self.notes.append(f"Cancelled: {done} repeats of the networks were done.")
        except (WorkerDiedError, TrainingError) as error:
            # The measurements of the versions are kept.
            text = str(error)
            self.notes.append(text[:1].upper() + text[1:])
        progress(len(self._done), self._repeats - 1, "")

    def rows(self) -> tuple[NetworkMeasurement, ...]:
        """Return the measurements of the complete repeats."""
        return network_measurements(self._done, self._complete_repeats)

    @property
    def _complete_repeats(self) -> int:
        return len(self._done) // len(self._settings) if self._settings else 0


def measure_networks(
    settings: Sequence[SpeedSetting],
    repeats: int,
    scratch: Path,
    cancel: threading.Event,
    *,
    network: str = NETWORK,
    steps: int = STEPS,
) -> Generator[SpeedEvent, None, None]:
    """Measure all settings in turn, in each repeat.

    Parameters
    ----------
    settings : sequence of SpeedSetting
    repeats : int
    scratch : Path
        Folder for the files of the workers.
    cancel : threading.Event
        Once set, the workers are ended.
    network : {"cnn", "rnn", "crnn"}
    steps : int
        Timed steps in each repeat.

    Yields
    ------
    SpeedEvent

    Raises
    ------
    CancelledError
        The benchmark was cancelled, after the events of everything measured before.
    WorkerDiedError
        One of the workers was killed; all others have been ended.
    TrainingError
        PyTorch was built without the library for communication between processes.
    """
    workers = max(setting.workers for setting in settings)
    with tempfile.TemporaryDirectory(prefix="networks-", dir=scratch) as name:
        folder, read = Path(name), 0
        job = SpeedJob(network=network, settings=tuple(settings), repeats=repeats, steps=steps, parent=os.getpid())
        (folder / "job.json").write_bytes(msgspec.json.encode(job))
        with torchrun.workers_running(_MODULE, folder, workers, threads=1) as process:
            running = True
            while running:
                # Read once more after the end: the last events may have come since.
                running = process.poll() is None and not cancel.wait(_POLL_S)
                events = msgspec.convert(torchrun.read_records(folder / "events.jsonl"), list[SpeedEvent])
                yield from events[read:]
                read = len(events)
        if cancel.is_set():
            raise CancelledError("the benchmark was cancelled", "", "Start it again")
        if process.returncode:
            who = "the process" if workers == 1 else f"one of the {workers} processes"
            remedy = "Most often memory ran out: measure with fewer workers"
            raise torchrun.worker_failure(folder, f"{who} that trained networks", remedy)
