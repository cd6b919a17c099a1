"""Command `aec benchmark`: measure the baseline's versions and the engine."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import to_builtins

from aec.cli.data import exit_code, left_out_lines
from aec.cli.long_work import busy_with, cancel_on_signals, refuse_changes
from aec.cli.output import print_json, progress_bar, remark
from aec.corpora import scan
from aec.errors import RunError, StoreError, UsageError
from aec.runs.run import Run, create_run, open_run, recording
from aec.system.structs import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aec.benchmark import BenchmarkSettings
    from aec.benchmark.results import BenchmarkResult, NetworkSpeed
    from aec.benchmark.runner import ProgressRecord

# Options that belong to a run and cannot change when it is resumed.
_OWN = ("data", "jobs", "backend", "repeats", "clips", "no_training", "networks", "labels", "seed")


def run(arguments: Namespace) -> int:
    """Measure, print the findings and keep them as a run."""
    from aec.benchmark import BenchmarkSettings
    from aec.benchmark.network_speed import need_torch
    from aec.benchmark.runner import benchmark

    out = Path(arguments.out) if arguments.out else None
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"the folder {out.parent} does not exist", "", "Make it, or choose another --out")
    if arguments.resume:
        work = open_run(Path(arguments.resume))
        refuse_changes(arguments, _OWN)
        if (state := work.state().name) != "queued":
            raise RunError(f"{work.id} does not wait, it is {state}", "", "Start a new benchmark")
        settings, data = BenchmarkSettings.from_config(work.config()), list(work.job_config().data)
        if not data:
            raise RunError(f"{work.id} does not name its data", "", "Start a new run")
        _refuse_while_busy(arguments, besides=work.id)
    else:
        settings, data = _settings(arguments), [str(Path(source).absolute()) for source in arguments.data]
        _refuse_while_busy(arguments)
    if settings.networks:
        # Checked before a scan of thousands of clips.
        need_torch()
    found = scan(data, labels=settings.labels, progress=progress_bar("Scanning"))
    remark(*found.notes, *left_out_lines(found))
    if not arguments.resume:
        work = create_run({**settings.to_config(), "data": data}, state="running")
    cancel = cancel_on_signals("whole repeats are kept")
    with recording(work):
        result = benchmark(found, settings, work, progress=_ProgressBar(), cancel=cancel)
    if out is not None:
        _write(out, result)
    _print(result, arguments, work)
    return 130 if result.cancelled else exit_code(found)


def _settings(arguments: Namespace) -> "BenchmarkSettings":
    from aec.benchmark import BenchmarkSettings
    from aec.settings import usable_cores

    if not arguments.data:
        raise UsageError("no DATA is named", "a folder or a manifest is expected")
    return BenchmarkSettings(
        jobs=_counts(arguments.jobs) if arguments.jobs else tuple(sorted({1, usable_cores()})),
        backends=tuple(arguments.backend.split(",")),
        repeats=arguments.repeats,
        training=not arguments.no_training,
        clips=arguments.clips,
        labels=arguments.labels,
        seed=arguments.seed,
        networks=arguments.networks,
    )


def _counts(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--jobs is {text!r}", "numbers separated by commas are expected, such as 1,2,4") from error


def _refuse_while_busy(arguments: Namespace, besides: str = "") -> None:
    # For a run that a page queued, nobody can give --anyway.
    busy = busy_with(besides, shells=not arguments.resume)
    if busy and not arguments.anyway:
        raise RunError(
            f"{busy}: times would not be comparable",
            "",
            "Wait for it, cancel it, or measure --anyway",
        )


class _ProgressBar:
    """Draw progress records on standard error."""

    def __init__(self) -> None:
        self._bar = progress_bar("Measuring", unit="measurement")

    def __call__(self, record: "ProgressRecord") -> None:
        self._bar(record["done"], record["total"])


def _write(out: Path, result: "BenchmarkResult") -> None:
    try:
        out.write_text(to_json(result, indent=1), encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{out} cannot be written ({error.strerror or error})", "", "Free some space, or choose another --out"
        ) from error


def _print(result: "BenchmarkResult", arguments: Namespace, work: Run) -> None:
    if arguments.json:
        print_json({name: value for name, value in to_builtins(result).items() if name != "timelines"})
        return
    print(result.sentence)
    print(f"{'':<34} {'seconds':>9} {'speed-up':>9} {'range':>13} {'CPU s':>7} {'peak MB':>8}")
    for row in result.summary:
        name = row.version if row.backend == "sequential" else f"{row.version}, {row.workers}"
        stage = f"{row.stage}{', cold' if row.cold else ''}"
        print(
            f"{stage:<17} {name:<28} {row.seconds:>9.2f} {row.speed_up:>8.2f}x {f'{row.low:.2f}-{row.high:.2f}':>13} "
            f"{row.cpu_s:>7.1f} {row.peak_memory_mb:>8.0f}"
        )
    for version, difference in result.parity.largest_difference.items():
        words = "not all numbers" if difference is None else f"{difference:.2g}"
        print(f"Features of {version}: largest difference from the first version {words}")
    for scores in result.parity.scores:
        print(f"Accuracy of {scores.version}: {scores.accuracy:.3f}, weighted F1 {scores.f1_weighted:.3f}")
    _print_networks(result.networks)
    for note in result.notes:
        print(note)
    print(f"Kept in {work.folder}")


def _print_networks(rows: "Sequence[NetworkSpeed]") -> None:
    if rows:
        print(f"{'Training a ' + rows[0].network.upper():<34} {'clips/s':>9} {'range':>15} {'efficiency':>11}")
    for row in rows:
        lost = ""
        if row.exchange_share is not None:
            lost = f"  gradient exchange {row.exchange_share:.1%} of a step"
        elif row.idle_share is not None:
            lost = f"  even the busiest process idle for {row.idle_share:.0%} of a step"
        efficiency = "" if row.efficiency is None else f"{row.efficiency:.0%}"
        span = f"{row.low:.1f}-{row.high:.1f}"
        print(f"{row.title:<34} {row.samples_per_s:>9.1f} {span:>15} {efficiency:>11}{lost}")
