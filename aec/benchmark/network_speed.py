"""Training speed of a network, computed from measured steps."""

import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec

from aec.benchmark.results import NetworkMeasurement, NetworkSpeed
from aec.models import torch_presence
from aec.models.deep.speed_settings import SpeedEvent, SpeedSetting, StepTimes

NETWORK: Literal["crnn"] = "crnn"
# Timed steps in each repeat, after one untimed step for each kind of batch (three).
STEPS = 6


def need_torch() -> None:
    """Raise TrainingError if PyTorch is missing."""
    torch_presence.need_torch("networks are trained with", "measure without networks")


def network_measurements(
    events: Sequence[SpeedEvent], repeats: int, network: Literal["cnn", "rnn", "crnn"] = NETWORK
) -> tuple[NetworkMeasurement, ...]:
    """Return a row for each setting, over the first `repeats` repeats."""
    groups: dict[SpeedSetting, list[StepTimes]] = {}
    for event in sorted(events, key=lambda event: event.repeat):
        if event.times is not None and event.repeat < repeats:
            groups.setdefault(event.setting, []).append(event.times)
    return tuple(
        NetworkMeasurement(
            *msgspec.structs.astuple(setting),
            network=network,
            batch_size=times[0].batch_size,
            repeats_s=tuple(round(each.step_s, 6) for each in times),
            exchange_mb=times[0].exchange_mb,
            exchange_share=_median_share(
                [each.exchange_s / each.step_s for each in times if each.exchange_s is not None]
            ),
            idle_share=_median_share([each.idle_share for each in times if each.idle_share is not None]),
            micro_batches=times[0].micro_batches,
        )
        for setting, times in groups.items()
    )


def network_speeds(rows: Sequence[NetworkMeasurement]) -> tuple[NetworkSpeed, ...]:
    """Return measured rows with speed and efficiency."""
    base = next((row for row in rows if row.setting == SpeedSetting("none", 1, 1)), None)
    found = []
    for row in rows:
        clips_per_s = _clips_per_s(row)
        gains = [] if base is None else [a / b for a, b in zip(clips_per_s, _clips_per_s(base), strict=False)]
        measured = {name: getattr(row, name) for name in NetworkMeasurement.__struct_fields__}
        found.append(
            NetworkSpeed(
                **measured,
                step_s=round(statistics.median(row.repeats_s), 6),
                samples_per_s=round(statistics.median(clips_per_s), 3),
                low=round(min(clips_per_s), 3),
                high=round(max(clips_per_s), 3),
                efficiency=round(statistics.median(gains) / row.cores, 4) if gains else None,
            )
        )
    return tuple(found)


def pipeline_idle_share(stages: int, micro_batches: int) -> float:
    """Return the idle share of a pipeline with stages of equal length (the bubble).

    Parameters
    ----------
    stages : int
    micro_batches : int
        Pieces of each batch.

    References
    ----------
    Y. Huang et al., GPipe: Efficient training of giant neural networks using pipeline parallelism, NeurIPS 2019.
    """
    return (stages - 1) / (micro_batches + stages - 1)


def _clips_per_s(row: NetworkMeasurement) -> list[float]:
    return [row.batch_size / seconds for seconds in row.repeats_s]


def _median_share(shares: Sequence[float]) -> float | None:
    return round(min(1.0, statistics.median(shares)), 4) if shares else None
