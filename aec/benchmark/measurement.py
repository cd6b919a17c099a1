"""One measurement in a new process, sampled meanwhile, ended on cancellation."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec

from aec.benchmark.load_sampler import LoadSample, LoadSampler, peak_mb
from aec.benchmark.measurement_process import REPORT, MeasurementTask, ProcessReport
from aec.benchmark.results import Measurement, StageSpan, Timeline
from aec.benchmark.settings import Configuration
from aec.errors import CancelledError, WorkerDiedError
from aec.system.processes import kill_tree, python_environment

_POLL_S = 0.1
_MAX_SAMPLES = 300
_ERRORS = "errors.txt"


class MeasuredProcess(msgspec.Struct, frozen=True):
    """Report of a measurement process, and the samples of its memory and load.

    Parameters
    ----------
    configuration : Configuration
    report : ProcessReport
    samples : tuple of LoadSample
    """

    configuration: Configuration
    report: ProcessReport
    samples: tuple[LoadSample, ...]

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
                peak_memory_mb=round(peak_mb(self.samples, stage.begin, stage.end), 1),
            )
            for stage in self.report.stages
        ]

    def timeline(self) -> Timeline:
        """Return memory and load over time, at most `_MAX_SAMPLES` samples.

        Of several samples the one with most memory is kept, so that no peak is lost.
        """
        start = self.report.stages[0].begin
        step = max(1, -(-len(self.samples) // _MAX_SAMPLES))
        bins = [self.samples[first : first + step] for first in range(0, len(self.samples), step)]
        kept = [max(each, key=lambda sample: sample.memory_mb) for each in bins]
        return Timeline(
            *self.configuration.key,
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
                for stage in self.report.stages
            ),
        )


def measure(task: MeasurementTask, cancel: threading.Event) -> MeasuredProcess:
    """Carry out one measurement.

    Parameters
    ----------
    task : MeasurementTask
        Its parent and its time of start are set here.
    cancel : threading.Event
        Once set, the process and its workers are killed.

    Raises
    ------
    CancelledError
        The benchmark was cancelled.
    WorkerDiedError
        The process failed or was killed.
    """
    with tempfile.TemporaryDirectory(prefix="measure-", dir=task.scratch) as name:
        folder = Path(name)
        task = msgspec.structs.replace(task, scratch=name, parent=os.getpid(), started=time.time())
        (folder / "task.json").write_bytes(msgspec.json.encode(task))
        samples, code = _run(folder, cancel)
        if cancel.is_set():
            raise CancelledError("the benchmark was cancelled", "", "Start it again")
        if code != 0:
            raise _death(task.configuration, code, (folder / _ERRORS).read_text(encoding="utf-8", errors="replace"))
        report = msgspec.json.decode((folder / REPORT).read_bytes(), type=ProcessReport)
    return MeasuredProcess(task.configuration, report, samples)


def _run(folder: Path, cancel: threading.Event) -> tuple[tuple[LoadSample, ...], int]:
    command = [sys.executable, "-m", "aec.benchmark.measurement_process", str(folder / "task.json")]
    with (folder / _ERRORS).open("wb") as errors:
        # A process group of its own: workers outlive a process that was killed, and are found by their group only.
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, env=python_environment(), start_new_session=True
        )
    with LoadSampler(process.pid) as sampler:
        try:
            while process.poll() is None:
                if cancel.wait(_POLL_S):
                    break
        finally:
            # Workers of a killed process would continue.
            kill_tree(process)
    return tuple(sampler.samples), process.returncode


def _death(configuration: Configuration, code: int, errors: str) -> WorkerDiedError:
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    last = f": {lines[-1]}" if lines else ""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    # Only the system, when memory runs out, kills a measurement or its workers from outside.
    out_of_memory = code < 0 or "TerminatedWorkerError" in errors or "MemoryError" in errors
    remedy = "Most often memory ran out: use fewer clips" if out_of_memory else ""
    return WorkerDiedError(f"the measurement of “{configuration.title}” {how}{last}", "", remedy)
