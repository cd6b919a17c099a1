"""One measurement in a new process: start it, read its events, sample its memory, end it on cancellation."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TextIO

import msgspec
import psutil

from aec.benchmark.load_sampler import LoadSampler
from aec.benchmark.measurement_process import MeasurementTask
from aec.benchmark.results import ClipStage, MeasuredStage, Measurement, StageSpan, Timeline
from aec.benchmark.settings import PlannedConfiguration
from aec.errors import CancelledError, WorkerDiedError

_POLL_S = 0.1
_MAX_SAMPLES = 300


class _Begin(msgspec.Struct, frozen=True, tag="begin"):
    stage: MeasuredStage
    cold: bool
    time: float


class _End(msgspec.Struct, frozen=True, tag="end"):
    stage: MeasuredStage
    cold: bool
    time: float
    seconds: float
    cpu_s: float


class _Predicted(msgspec.Struct, frozen=True, tag="predicted"):
    labels: tuple[int, ...]


class _ClipStages(msgspec.Struct, frozen=True, tag="clip_stages"):
    rows: tuple[ClipStage, ...]


_Event = _Begin | _End | _Predicted | _ClipStages


class TimedStage(msgspec.Struct, frozen=True, kw_only=True):
    """A measured stage, with begin and end in seconds since the epoch.

    Parameters
    ----------
    stage : {"extraction", "training"}
    cold : bool
        Timed from the start of the process.
    begin, end : float
    seconds : float
    cpu_s : float
        Processor time of the process and its workers.
    peak_memory_mb : float
        Of the process and its workers together.
    """

    stage: MeasuredStage
    cold: bool
    begin: float
    end: float
    seconds: float
    cpu_s: float
    peak_memory_mb: float


class MeasuredProcess(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured in one process.

    Parameters
    ----------
    configuration : PlannedConfiguration
    stages : tuple of TimedStage
    timeline : Timeline
    predicted : tuple of int or None
        Predicted label indices of the test clips; None without training.
    clip_stages : tuple of ClipStage
        Empty unless the task asked for them.
    """

    configuration: PlannedConfiguration
    stages: tuple[TimedStage, ...]
    timeline: Timeline
    predicted: tuple[int, ...] | None = None
    clip_stages: tuple[ClipStage, ...] = ()

    def measurements(self, repeat: int) -> list[Measurement]:
        """Return the stages as rows of a result; `repeat` counts from 1."""
        return [
            Measurement(
                *self.configuration.key,
                cold=stage.cold,
                repeat=repeat,
                stage=stage.stage,
                seconds=round(stage.seconds, 4),
                cpu_s=round(stage.cpu_s, 3),
                peak_memory_mb=round(stage.peak_memory_mb, 1),
            )
            for stage in self.stages
        ]


def measure(task: MeasurementTask, cancel: threading.Event) -> MeasuredProcess:
    """Carry out one measurement.

    Parameters
    ----------
    task : MeasurementTask
        Its time of start is set here.
    cancel : threading.Event
        Once set, the process and its workers are killed.

    Raises
    ------
    CancelledError
        The benchmark was cancelled.
    WorkerDiedError
        The process failed or was killed.
    """
    with tempfile.TemporaryDirectory(prefix="measure-", dir=task.scratch) as folder:
        path = Path(folder) / "task.json"
        started = time.time()
        path.write_bytes(msgspec.json.encode(msgspec.structs.replace(task, scratch=folder, started=started)))
        with (Path(folder) / "errors.txt").open("w+", encoding="utf-8", errors="replace") as errors:
            events, sampler, code = _run(path, errors, cancel)
            if cancel.is_set():
                raise CancelledError("the benchmark was cancelled", "", "Start it again")
            if code != 0:
                errors.seek(0)
                raise _death(task.configuration, code, errors.read())
    return _collect(task.configuration, events, sampler, started)


def _run(path: Path, errors: TextIO, cancel: threading.Event) -> tuple[list[_Event], LoadSampler, int]:
    command = [sys.executable, "-m", "aec.benchmark.measurement_process", str(path)]
    # The package may not be installed, but found from the folder that this process was started in.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    # A process group of its own: workers outlive a process that was killed, and are found by their group only.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True, start_new_session=True
    )
    events: list[_Event] = []
    reader = threading.Thread(target=_read, args=(process, events), daemon=True, name="benchmark-events")
    reader.start()
    with LoadSampler(process.pid) as sampler:
        try:
            while process.poll() is None:
                if cancel.wait(_POLL_S):
                    break
        finally:
            # Workers of a killed process would continue.
            _end(process)
    reader.join(timeout=5)
    if process.stdout is not None and not reader.is_alive():
        process.stdout.close()
    return events, sampler, process.returncode


def _read(process: "subprocess.Popen[str]", events: list[_Event]) -> None:
    if process.stdout is None:
        return
    decoder = msgspec.json.Decoder(_Event)
    # Libraries may print lines to standard output, too.
    events.extend(decoder.decode(line) for line in process.stdout if line.startswith("{"))


def _end(process: "subprocess.Popen[str]") -> None:
    """End the process and its workers, as far as they still run."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        for member in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                member.kill()
        process.kill()
    process.wait()


def _death(configuration: PlannedConfiguration, code: int, errors: str) -> WorkerDiedError:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    last = f": {lines[-1]}" if lines else ""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    # Only the system, when memory runs out, kills a measurement or its workers from outside.
    out_of_memory = code < 0 or "TerminatedWorkerError" in errors or "MemoryError" in errors
    remedy = "Most often memory ran out: use fewer clips" if out_of_memory else ""
    return WorkerDiedError(f"the measurement of “{configuration.title}” {how}{last}", "", remedy)


def _collect(
    configuration: PlannedConfiguration, events: list[_Event], sampler: LoadSampler, started: float
) -> MeasuredProcess:
    stages: list[TimedStage] = []
    predicted = None
    clip_stages: tuple[ClipStage, ...] = ()
    begin = started
    for event in events:
        match event:
            case _Begin():
                begin = started if event.cold else event.time
            case _End():
                peak_mb = sampler.peak_mb(begin, event.time)
                stages.append(
                    TimedStage(
                        stage=event.stage,
                        cold=event.cold,
                        begin=begin,
                        end=event.time,
                        seconds=event.seconds,
                        cpu_s=event.cpu_s,
                        peak_memory_mb=peak_mb,
                    )
                )
            case _Predicted():
                predicted = event.labels
            case _ClipStages():
                clip_stages = event.rows
    return MeasuredProcess(
        configuration=configuration,
        stages=tuple(stages),
        timeline=_timeline(configuration, stages, sampler),
        predicted=predicted,
        clip_stages=clip_stages,
    )


def _timeline(configuration: PlannedConfiguration, stages: list[TimedStage], sampler: LoadSampler) -> Timeline:
    """Return memory and load over time, at most `_MAX_SAMPLES` samples.

    Of several samples the one with most memory is kept, so that no peak is lost.
    """
    start = stages[0].begin
    step = max(1, -(-len(sampler.samples) // _MAX_SAMPLES))
    bins = [sampler.samples[at : at + step] for at in range(0, len(sampler.samples), step)]
    kept = [max(each, key=lambda sample: sample.memory_mb) for each in bins]
    return Timeline(
        *configuration.key,
        seconds=tuple(round(sample.time - start, 2) for sample in kept),
        anonymous_mb=tuple(round(sample.anonymous_mb, 1) for sample in kept),
        file_mb=tuple(round(sample.file_mb, 1) for sample in kept),
        cores=tuple(sample.cores for sample in kept),
        stages=tuple(
            StageSpan(
                stage=stage.stage,
                cold=stage.cold,
                begin=round(stage.begin - start, 2),
                end=round(stage.end - start, 2),
            )
            for stage in stages
        ),
    )
