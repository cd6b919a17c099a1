"""Start one measurement in a new process, listen to its stages, watch its memory; and end it when asked."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from aec.benchmark.settings import Configuration
from aec.benchmark.watching import Sample, Watch
from aec.errors import CancelledError, WorkerDiedError

_POLL_S = 0.1
_MOST_SAMPLES = 300


@dataclass(frozen=True)
class Stage:
    """A stage of a measurement.

    Parameters
    ----------
    name : {"extraction", "training"}
    cold : bool
        True counts from the start of a new process.
    begin, end : float
        Seconds since the epoch.
    seconds : float
    cpu_s : float
        Processor time of the process and its workers.
    peak_memory_mb : float
        Of both together.
    """

    name: str
    cold: bool
    begin: float
    end: float
    seconds: float
    cpu_s: float
    peak_memory_mb: float


@dataclass(frozen=True)
class Measured:
    """What one process gave.

    Parameters
    ----------
    configuration : Configuration
    stages : tuple of Stage
    samples : tuple of Sample
    predicted : list of int or None
        The numbers of the labels that the trained network gave the test clips.
    parts : tuple of dict
        Where the time of one clip goes, as `aec.benchmark.stages.stage_times`; empty where that was not asked.
    """

    configuration: Configuration
    stages: tuple[Stage, ...]
    samples: tuple[Sample, ...] = field(repr=False, default=())
    predicted: list[int] | None = None
    parts: tuple[dict[str, Any], ...] = ()

    def timeline(self) -> dict[str, Any]:
        """Return memory and load over time as JSON types, at most `_MOST_SAMPLES` looks, time from the start.

        Of several looks the one with most memory is kept, so that no peak is lost.
        """
        start = self.stages[0].begin
        step = max(1, -(-len(self.samples) // _MOST_SAMPLES))
        bins = [self.samples[at : at + step] for at in range(0, len(self.samples), step)]
        kept = [max(each, key=lambda sample: sample.memory_mb) for each in bins]
        return {
            "version": self.configuration.version,
            "backend": self.configuration.backend,
            "jobs": self.configuration.jobs,
            "seconds": [round(sample.time - start, 2) for sample in kept],
            "anonymous_mb": [round(sample.anonymous_mb, 1) for sample in kept],
            "file_mb": [round(sample.file_mb, 1) for sample in kept],
            "cores": [list(sample.cores) for sample in kept],
            "stages": [
                {
                    "stage": stage.name,
                    "cold": stage.cold,
                    "begin": round(stage.begin - start, 2),
                    "end": round(stage.end - start, 2),
                }
                for stage in self.stages
            ],
        }


def measure(task: dict[str, Any], configuration: Configuration, cancel: threading.Event) -> Measured:
    """Carry out one measurement.

    Parameters
    ----------
    task : dict
        As `aec.benchmark.child` reads it, without the configuration and the time of the start.
    configuration : Configuration
    cancel : threading.Event
        Once set, the process and its workers are killed.

    Raises
    ------
    CancelledError
        It was cancelled.
    WorkerDiedError
        The process did not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="measure-", dir=task["scratch"]) as folder:
        paper = Path(folder) / "task.json"
        fields = {"version": configuration.version, "backend": configuration.backend, "jobs": configuration.jobs}
        spawned = time.time()
        whole = {**task, "configuration": {**fields, "trains": configuration.trains}, "spawned": spawned}
        paper.write_text(json.dumps({**whole, "scratch": folder}), encoding="utf-8")
        with (Path(folder) / "errors.txt").open("w+", encoding="utf-8", errors="replace") as complaints:
            events, samples, code = _run(paper, complaints, cancel)
            if cancel.is_set():
                raise CancelledError("the benchmark was cancelled", "", "Start it again")
            if code != 0:
                complaints.seek(0)
                raise _died(configuration, code, complaints.read())
    return _collect(configuration, events, samples, spawned)


def _run(paper: Path, complaints: Any, cancel: threading.Event) -> tuple[list[dict[str, Any]], Watch, int]:
    command = [sys.executable, "-m", "aec.benchmark.child", str(paper)]
    # The package is found from the folder that this process was started in, which need not be installed.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    # In a group of its own: workers outlive a process that was killed, and are found by their group alone.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=complaints, env=environment, text=True, start_new_session=True
    )
    events: list[dict[str, Any]] = []
    reader = threading.Thread(target=_listen, args=(process, events), daemon=True, name="benchmark-listener")
    reader.start()
    with Watch(process.pid) as watch:
        try:
            while process.poll() is None:
                if cancel.wait(_POLL_S):
                    break
        finally:
            # Workers of a process that was killed would go on for nobody.
            _end(process)
    reader.join(timeout=5)
    if process.stdout is not None and not reader.is_alive():
        process.stdout.close()
    return events, watch, process.returncode


def _listen(process: "subprocess.Popen[str]", events: list[dict[str, Any]]) -> None:
    if process.stdout is None:
        return
    # Libraries may say something on standard output as well.
    events.extend(json.loads(line) for line in process.stdout if line.startswith("{"))


def _end(process: "subprocess.Popen[str]") -> None:
    """End the process and its workers, whoever of them is still there."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        for member in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                member.kill()
        process.kill()
    process.wait()


def _died(configuration: Configuration, code: int, complaints: str) -> WorkerDiedError:
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    last = f": {lines[-1]}" if lines else ""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    # Nobody but the system, short of memory, kills a measurement or its workers from outside.
    starved = code < 0 or "TerminatedWorkerError" in complaints or "MemoryError" in complaints
    remedy = "Most often memory ran out: use fewer clips" if starved else ""
    return WorkerDiedError(f"the measurement of “{configuration.title}” {how}{last}", "", remedy)


def _collect(configuration: Configuration, events: list[dict[str, Any]], watch: Watch, spawned: float) -> Measured:
    stages = []
    predicted = None
    parts: tuple[dict[str, Any], ...] = ()
    begun: dict[str, float] = {}
    for event in events:
        name = event["stage"]
        if event["event"] == "begin":
            begun[name] = spawned if event["cold"] else event["time"]
        elif event["event"] == "end":
            begin, end = begun[name], event["time"]
            stages.append(
                Stage(name, event["cold"], begin, end, event["seconds"], event["cpu_s"], watch.peak_mb(begin, end))
            )
        elif event["event"] == "parts":
            parts = tuple(event["parts"])
        else:
            predicted = event["predicted"]
    return Measured(configuration, tuple(stages), tuple(watch.samples), predicted, parts)
