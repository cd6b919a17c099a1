"""Time and memory by number of clips, for the engine and the first version.

    python -m benchmarks.scale FOLDER... [--sizes 1,4,16] [--base 600] [--repeats 1] [--epochs 20] [--first]

Real clips, written as 48 kHz 16-bit WAV files, are linked under as many names as a size needs, so that disk and page
cache hold each only once. Extraction and training each run in a new process, whose memory is sampled from outside ten
times a second: private memory, and all memory with programs and libraries. Labels are random: training is timed, not
scored. Figures for a million clips are extrapolated.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from aec.benchmark.load_sampler import LoadSampler
from aec.benchmark.machine import describe_machine
from benchmarks.clips import megabytes, repeat_clips, write_clips
from benchmarks.scale_stage import SPEC
from benchmarks.timing import Spread, as_text, markdown

ROOT = Path(__file__).parent.parent
# CREMA-D, TESS, RAVDESS and SAVEE without the clips of calm.
POOLED = 12_798
MILLION = 1_000_000
FULL_EPOCHS = 200
# Below this many clips the batches of training are not all full, and memory grows with them.
_FULL_BATCHES = 2_400
# A batch that is read and scaled (512 clips x 6,500 values in 4 and in 8 bytes) exists only briefly: a sample every
# tenth of a second may or may not include it.
_ONE_BATCH_MB = 40.0
_STAGES = ("extraction", "training")


def measure(
    paths: Sequence[Path], sizes: Sequence[int], versions: Sequence[str], repeats: int, epochs: int, folder: Path
) -> list[dict[str, Any]]:
    """Measure every version at every size.

    Parameters
    ----------
    paths : sequence of Path
        Clips to be repeated.
    sizes : sequence of int
        Clips of each measurement.
    versions : sequence of {"engine", "first"}
        They take turns at each size.
    repeats, epochs : int
    folder : Path
        For the links and, until a measurement is over, the features.

    Returns
    -------
    list of dict
        For each size and version: seconds of both stages and the larger of their peaks, JSON types only.
    """
    rows = []
    for clips in sizes:
        names = repeat_clips(paths, clips, folder / "clips")
        found: dict[str, list[dict[str, Any]]] = {version: [] for version in versions}
        for _ in range(repeats):
            for version in versions:
                found[version].append(_both_stages(version, names, epochs, folder))
        rows += [{"clips": clips, "version": version, **_spreads(each)} for version, each in found.items()]
    return rows


def _both_stages(version: str, names: Sequence[Path], epochs: int, folder: Path) -> dict[str, Any]:
    features = folder / ("features.npy" if version == "first" else "features.f32")
    task = {"version": version, "clips": len(names), "epochs": epochs, "features": str(features)}
    try:
        return {stage: _stage({**task, "stage": stage, "paths": [*map(str, names)]}, folder) for stage in _STAGES}
    finally:
        features.unlink(missing_ok=True)


def _stage(task: dict[str, Any], folder: Path) -> dict[str, float]:
    task_file, output = folder / "task.json", folder / "answer.txt"
    task_file.write_text(json.dumps(task), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.scale_stage", str(task_file)]
    environment = {**os.environ, "AEC_HOME": str(folder / "home")}
    with (
        output.open("w", encoding="utf-8") as file,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file) as process,
        LoadSampler(process.pid) as sampler,
    ):
        try:
            code = process.wait()
        except BaseException:
            process.kill()
            raise
    if code != 0:
        raise SystemExit(f"{task['stage']} of {task['clips']} clips by {task['version']} ended with code {code}")
    seconds = json.loads(output.read_text(encoding="utf-8").splitlines()[-1])["seconds"]
    own = max((sample.anonymous_mb for sample in sampler.samples), default=0.0)
    return {"seconds": seconds, "own_mb": own, "whole_mb": max((s.memory_mb for s in sampler.samples), default=0.0)}


def _spreads(repeats: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the spread of both stages' seconds and of the larger of their peaks."""
    seconds = {f"{stage}_s": Spread.of([each[stage]["seconds"] for each in repeats]).rounded() for stage in _STAGES}
    peaks = {
        f"peak_{kind}_mb": Spread.of([max(each[stage][f"{kind}_mb"] for stage in _STAGES) for each in repeats])
        for kind in ("own", "whole")
    }
    return {**seconds, **{name: peak.rounded() for name, peak in peaks.items()}}


def table(rows: Sequence[dict[str, Any]], epochs: int) -> str:
    """Return the measurements as a Markdown table."""
    first = {row["clips"]: row for row in rows if row["version"] == "first"}
    header = ["version", "clips", "extraction, s", "s per 1,000 clips", f"training, {epochs} epochs, s"]
    header += ["peak memory, own / whole, MB", *(["the first version's peak is"] if first else [])]
    lines = []
    for row in rows:
        per_1000 = 1000 * row["extraction_s"]["median"] / row["clips"]
        peaks = f"{as_text(row['peak_own_mb'], 0)} / {as_text(row['peak_whole_mb'], 0)}"
        line = [row["version"], f"{row['clips']:,}", as_text(row["extraction_s"]), f"{per_1000:.2f}"]
        line += [as_text(row["training_s"]), peaks]
        if first:
            its = first[row["clips"]]["peak_whole_mb"]["median"]
            line.append("" if row["version"] == "first" else f"{its / row['peak_whole_mb']['median']:.1f} times this")
        lines.append(line)
    return markdown(header, lines)


def extrapolate(rows: Sequence[dict[str, Any]], epochs: int, clip_mb: float) -> dict[str, Any]:
    """Extrapolate to a million clips from the engine's measurements.

    Parameters
    ----------
    rows : sequence of dict
        As `measure` returns.
    epochs : int
        Number of trained epochs.
    clip_mb : float
        Mean size of a clip's file in 10^6 bytes.

    Returns
    -------
    dict
        JSON types only. Memory is None if too few sizes determine its growth.
    """
    engine = sorted((row for row in rows if row["version"] == "engine"), key=lambda row: int(row["clips"]))
    most = engine[-1]
    extraction = most["extraction_s"]["median"] / most["clips"]
    growth = _growth(engine)

    def own_mb(clips: int) -> float | None:
        if growth is None:
            return None
        further = max(0, clips - most["clips"]) / 1000
        return float(most["peak_own_mb"]["median"] + growth["mb_per_1000_clips"] * further)

    return {
        "from_clips": most["clips"],
        "extraction_s": MILLION * extraction,
        "extraction_ten_machines_s": MILLION * extraction / 10,
        "reading_mb_per_s": clip_mb / extraction,
        "sound_gb": MILLION * clip_mb / 1000,
        "features_gb": MILLION * (SPEC.max_frames or 0) * SPEC.coefficients * 4 / 1e9,
        "training_s": MILLION * FULL_EPOCHS * most["training_s"]["median"] / most["clips"] / epochs,
        "growth": growth,
        "own_mb": own_mb(MILLION),
        "own_ten_machines_mb": own_mb(MILLION // 10),
    }


def _growth(engine: Sequence[dict[str, Any]]) -> dict[str, float] | None:
    """Return the growth of memory once all batches are full, or None.

    None if fewer than two sizes are that large.
    """
    full = [row for row in engine if row["clips"] >= _FULL_BATCHES]
    if len(full) < 2:
        return None
    least, most = full[0], full[-1]
    more = most["peak_own_mb"]["median"] - least["peak_own_mb"]["median"]
    clear = more > _ONE_BATCH_MB
    per_thousand = 1000 * more / (most["clips"] - least["clips"])
    return {"since_clips": least["clips"], "seen_mb": more, "mb_per_1000_clips": per_thousand if clear else 0.0}


def in_words(figures: dict[str, Any]) -> str:
    """Return the extrapolation in words."""
    speed = f"{figures['reading_mb_per_s']:.0f} MB/s"
    each = figures["features_gb"] / 10
    lines = [
        f"Extrapolated, not measured: a million clips, from the speed at {figures['from_clips']:,} clips.",
        f"One machine like this one: extraction {_duration(figures['extraction_s'])}; it reads "
        f"{figures['sound_gb']:,.0f} GB of sound at {speed}; a slower disk limits the speed instead. The "
        f"features take {figures['features_gb']:.0f} GB on disk.",
        f"Ten such machines, the clips divided among them: extraction "
        f"{_duration(figures['extraction_ten_machines_s'])} and {each:.1f} GB of features on each, if each reads at "
        f"{speed} and none waits for another.",
        _memory_in_words(figures),
        f"Training the described network stays on one machine: {_duration(figures['training_s'])} for its "
        f"{FULL_EPOCHS} epochs, if the file of features is read as fast as here, where memory held it.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _memory_in_words(figures: dict[str, Any]) -> str:
    growth = figures["growth"]
    if growth is None:
        return f"The growth of memory is unknown: that needs two sizes of {_FULL_BATCHES:,} clips or more."
    span = f"from {growth['since_clips']:,} to {figures['from_clips']:,} clips"
    seen = f"{span} it changed by {growth['seen_mb']:+.0f} MB"
    if growth["seen_mb"] <= 0:
        seen = f"{span} it did not grow"
    elif not growth["mb_per_1000_clips"]:
        seen += (
            f", no more than the {_ONE_BATCH_MB:.0f} MB of a batch that comes and goes, so no growth is extrapolated"
        )
    one, ten = figures["own_mb"], figures["own_ten_machines_mb"]
    return f"Own memory {one:,.0f} MB, on each of ten machines {ten:,.0f} MB: {seen}."


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print a table, an extrapolation and the JSON."""
    parser = argparse.ArgumentParser(description="Measure time and memory by number of clips.")
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="real clips")
    parser.add_argument("--sizes", default="1,4,16", help="how many times the base; default: 1,4,16")
    parser.add_argument("--base", type=int, default=600, metavar="N", help="clips of size 1; default: 600")
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help="default: 1")
    parser.add_argument("--epochs", type=int, default=20, metavar="N", help="default: 20")
    parser.add_argument("--first", action="store_true", help="also the described first version")
    parser.add_argument(
        "--pooled", type=int, metavar="N", help=f"a further size; with --first {POOLED}, as the pooled corpora have"
    )
    arguments = parser.parse_args(argv)
    further = arguments.pooled if arguments.pooled is not None else POOLED if arguments.first else 0
    versions = ("engine", "first") if arguments.first else ("engine",)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_clips(arguments.folders, arguments.base, Path(folder) / "base")
        sizes = sorted({int(size) * arguments.base for size in arguments.sizes.split(",")} | {further} - {0})
        rows = measure(paths, sizes, versions, arguments.repeats, arguments.epochs, Path(folder))
        figures = extrapolate(rows, arguments.epochs, megabytes(paths) / len(paths))
    print(f"{table(rows, arguments.epochs)}\n\n{in_words(figures)}")
    found = {"epochs": arguments.epochs, "repeats": arguments.repeats, "sizes": rows, "extrapolated": figures}
    print(json.dumps({**found, "machine": to_builtins(describe_machine())}))


if __name__ == "__main__":
    main()
