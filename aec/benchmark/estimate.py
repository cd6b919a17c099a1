"""Estimated duration of a benchmark, from an earlier result or default times."""

from collections.abc import Sequence

from aec.benchmark.network_speed import STEPS
from aec.benchmark.results import BenchmarkResult
from aec.benchmark.settings import BenchmarkSettings, Configuration, configurations
from aec.models.deep.speed_settings import speed_settings

# Seconds on one core of a small server, used until this machine has a result of its own.
_START_S = {"first": 3.0, "first, one BLAS thread": 3.0, "final": 4.5, "engine": 1.2}
_CLIP_S = {"first": 0.0090, "first, one BLAS thread": 0.0090, "final": 0.0090, "engine": 0.0045}
_TRAINING_S = {"first": 0.0042, "first, one BLAS thread": 0.0055, "final": 0.0042, "engine": 0.0042}
# To load PyTorch, and for a training step of a network.
_TORCH_S, _STEP_S = 10.0, 0.5


class MeasuredRate(Configuration, frozen=True, kw_only=True):
    """Seconds of a configuration: to start, per extracted clip, per trained clip."""

    start_s: float
    clip_s: float
    training_clip_s: float | None


def measured_rates(result: BenchmarkResult) -> list[MeasuredRate]:
    """Return the rates of each configuration of a result."""
    seconds = {(row.key, row.stage, row.cold): row.seconds for row in result.summary}
    found = []
    for key in dict.fromkeys(row.key for row in result.summary):
        warm, training = seconds.get((key, "extraction", False)), seconds.get((key, "training", False))
        if warm is None:
            continue
        # The extra time of a new process is its start, whatever the number of clips.
        start_s = max(0.0, seconds.get((key, "extraction", True), 0.0) - warm)
        training_clip_s = None if training is None else training / result.clips
        found.append(MeasuredRate(*key, start_s=start_s, clip_s=warm / result.clips, training_clip_s=training_clip_s))
    return found


def estimate_s(settings: BenchmarkSettings, clips: int, cores: int, known: Sequence[MeasuredRate] = ()) -> float:
    """Return about how many seconds a benchmark will take.

    Parameters
    ----------
    settings : BenchmarkSettings
    clips : int
        Usable clips; `settings.clips` limits them.
    cores : int
    known : sequence of MeasuredRate
        Of an earlier result on this machine.
    """
    rates = {rate.key: rate for rate in known}
    number = clips if settings.clips is None else min(clips, settings.clips)
    total = 0.0
    for each in configurations(settings):
        rate = rates.get(each.key)
        per_clip = rate.clip_s if rate else _CLIP_S[each.version] / min(each.jobs, cores)
        start = rate.start_s if rate else _START_S[each.version]
        training_clip_s = (rate and rate.training_clip_s) or _TRAINING_S[each.version]
        total += start + 2 * number * per_clip + (number * training_clip_s if each.trains else 0.0)
    total *= settings.repeats
    return total + (_networks_s(settings, cores) if settings.networks else 0.0)


def _networks_s(settings: BenchmarkSettings, cores: int) -> float:
    # Two cores rarely make it twice as fast, whatever the setting.
    steps = [_STEP_S / (1 + 0.7 * (min(each.cores, cores) - 1)) for each in speed_settings(settings.jobs, cores)]
    return _TORCH_S + settings.repeats * (STEPS + 3) * sum(steps)
