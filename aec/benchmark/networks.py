"""How fast a network learns, alone and in several processes: from what was measured to figures."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aec.models.deep import presence
from aec.models.deep.pace_settings import PaceSetting, pace_plan

NETWORK = "crnn"
# Timed steps in each repeat, after one for each kind of batch (three) that is not.
STEPS = 6
_ALL_STEPS = STEPS + 3
# Seconds on a small server, for the estimate: to load PyTorch, and for a step on one core.
_START_S = 10.0
_STEP_S = 0.5

Row = dict[str, Any]


@dataclass(frozen=True)
class Take:
    """One setting in one repeat.

    Parameters
    ----------
    setting : PaceSetting
    repeat : int
        From 0.
    found : mapping
        As `aec.models.deep.pace` tells it.
    """

    setting: PaceSetting
    repeat: int
    found: Mapping[str, Any]


def need_torch() -> None:
    """Raise TrainingError where PyTorch is missing."""
    presence.need_torch("networks are trained with", "measure without networks")


def setting_of(row: Mapping[str, Any]) -> PaceSetting:
    """Return which setting a row is about."""
    return PaceSetting(str(row["parallel"]), int(row["workers"]), int(row["threads"]))


def network_rows(takes: Sequence[Take], repeats: int, network: str = NETWORK) -> list[Row]:
    """Return a row for each setting, over the first `repeats` repeats.

    Returns
    -------
    list of dict
        JSON types: `network`, `parallel`, `workers`, `threads` (of each process), `batch_size` (clips),
        `repeats_s` (seconds per step in each repeat), `exchange_mb` and `exchange_share` (bytes of gradients, and the
        share of a step that an exchange of as many takes, 0 to 1; data parallelism alone), `idle_share` and
        `micro_batches` (model parallelism alone), and what `with_figures` adds.
    """
    groups: dict[PaceSetting, list[Take]] = {}
    for take in takes:
        if take.repeat < repeats:
            groups.setdefault(take.setting, []).append(take)
    rows = []
    for setting, group in groups.items():
        found = [take.found for take in sorted(group, key=lambda take: take.repeat)]
        exchange = [each["exchange_s"] / each["step_s"] for each in found if each["exchange_s"] is not None]
        idle = [each["idle_share"] for each in found if each["idle_share"] is not None]
        rows.append(
            {
                "network": network,
                **setting.to_dict(),
                "batch_size": found[0]["batch_size"],
                "repeats_s": [round(each["step_s"], 6) for each in found],
                "exchange_mb": found[0]["exchange_mb"],
                "exchange_share": _median_share(exchange),
                "idle_share": _median_share(idle),
                "micro_batches": found[0]["micro_batches"],
            }
        )
    return with_figures(rows)


def with_figures(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return rows with what follows from their times.

    Returns
    -------
    list of dict
        With `samples_per_s` (clips per second, the median over the repeats), `low` and `high` (the least and the
        greatest), `step_s` (the median), and `efficiency`: how many times faster than one process with one thread,
        divided by the number of cores that the setting can keep busy; the median of the ratios within each repeat,
        None where one process with one thread was not measured.
    """
    base = next((row for row in rows if setting_of(row) == PaceSetting("none", 1, 1)), None)
    found = []
    for row in rows:
        paces = _paces(row)
        gains = [] if base is None else [own / alone for own, alone in zip(paces, _paces(base), strict=False)]
        efficiency = statistics.median(gains) / setting_of(row).cores if gains else None
        found.append(
            {
                **row,
                "step_s": round(statistics.median(row["repeats_s"]), 6),
                "samples_per_s": round(statistics.median(paces), 3),
                "low": round(min(paces), 3),
                "high": round(max(paces), 3),
                "efficiency": None if efficiency is None else round(efficiency, 4),
            }
        )
    return found


def bubble(stages: int, pieces: int) -> float:
    """Return the share of a step that each stage of a pipeline waits even if all are equally long.

    Parameters
    ----------
    stages : int
    pieces : int
        Of each batch.

    References
    ----------
    Y. Huang et al., GPipe: Efficient training of giant neural networks using pipeline parallelism, NeurIPS 2019.
    """
    return (stages - 1) / (pieces + stages - 1)


def networks_estimate_s(jobs: Sequence[int], repeats: int, cores: int) -> float:
    """Return about how many seconds the networks will take."""
    # Two cores rarely make it twice as fast, whatever the way.
    steps = [_STEP_S / (1 + 0.7 * (min(each.cores, cores) - 1)) for each in pace_plan(jobs, cores)]
    return _START_S + repeats * _ALL_STEPS * sum(steps)


def _paces(row: Mapping[str, Any]) -> list[float]:
    """Return clips per second in each repeat."""
    return [float(row["batch_size"]) / float(seconds) for seconds in row["repeats_s"]]


def _median_share(shares: Sequence[float]) -> float | None:
    return round(min(1.0, statistics.median(shares)), 4) if shares else None
