"""What training a network in several processes gains and costs: plain sentences, with the measured numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from aec.benchmark.networks import bubble, setting_of
from aec.charts.words import counted, percent

Report = Mapping[str, Any]
Row = Mapping[str, Any]
# Closer than that, two paces are called equal.
_SAME = 0.05


def network_sentence(rows: Sequence[Row]) -> str:
    """Return the finding: how fast the best of several processes is, held against the best single one."""
    alone, several = _best(rows, "none"), _best(rows, "data")
    if alone is None or several is None:
        best = max(rows, key=_pace)
        return f"**{setting_of(best).title}** trains on {_pace(best):.1f} clips per second."
    gain = _pace(several) / _pace(alone)
    one = f"the best single process ({counted(alone['threads'], 'thread')})"
    words = f"as fast as {one}" if abs(gain - 1) <= _SAME else f"{gain:.2f} times the speed of {one}"
    return f"**{setting_of(several).title}**: {_pace(several):.1f} clips per second, {words}."


def network_reasons(report: Report) -> list[str]:
    """Return why several processes on one machine gain little, what the exchange costs, and when either kind pays."""
    rows = report["networks"]
    return [_threads(rows), _exchange(rows), _DATA_PAYS, _model(rows), _model_pays(rows)]


_DATA_PAYS = (
    "**Data parallelism pays** where each process brings a device of its own: several graphics cards, or several "
    "machines. And with large batches: the exchange takes as long for 8 clips as for 800, and each process’s share "
    "has to be large enough to keep its device busy."
)


def _threads(rows: Sequence[Row]) -> str:
    threads = max(
        (row for row in rows if row["parallel"] == "none"), key=lambda row: int(row["threads"]), default=None
    )
    number = max(2, int(threads["threads"])) if threads else 2
    said = (
        f"**{number} processes on {number} cores** have no more to compute with than one process with {number} "
        "threads: PyTorch divides the work of one process among its threads already"
    )
    several = next((row for row in rows if row["parallel"] == "data" and row["workers"] == number), None)
    if threads is None or several is None or threads["threads"] != number:
        return f"{said}."
    gain = _pace(several) / _pace(threads)
    said += f". Here {number} processes reached {gain:.2f} times the speed of {number} threads"
    if gain > 1 + _SAME:
        said += (
            ": threads wait for one another in every small operation, and a recurrent layer has many of these, one "
            "frame after the other; processes meet once in a step"
        )
    elif gain < 1 - _SAME:
        said += ": what they exchange and do twice outweighs what threads lose by waiting for one another"
    if threads["efficiency"] is not None and threads["efficiency"] < (1 - _SAME) / number:
        said += (
            f". That {number} threads were slower than one tells of a busy machine: another program that takes a "
            "core makes all of them wait"
        )
    return f"{said}."


def _exchange(rows: Sequence[Row]) -> str:
    found = [row for row in rows if row["exchange_share"] is not None]
    said = "**The exchange**: after each step the processes add up their gradients, so that all keep equal weights"
    if found:
        worst = max(found, key=lambda row: float(row["exchange_share"]))
        size = "" if worst["exchange_mb"] is None else f" {worst['exchange_mb']:.1f} MB,"
        said += (
            f". Here that is{size} {percent(worst['exchange_share'], 1)} of a step with {worst['workers']} "
            "processes, inside one machine; between machines it takes longer"
        )
    return (
        f"{said}. It grows with the number of weights, not with the batch. Besides, every process prepares the whole "
        "batch before it takes its share, which more of them do not make quicker."
    )


def _model(rows: Sequence[Row]) -> str:
    row = next((row for row in rows if row["parallel"] == "model"), None)
    said = (
        "**Model parallelism** gives each process some of the layers, and a batch runs through them in pieces. Until "
        "the first piece has come through, later processes wait, and at the end earlier ones do: with m pieces and p "
        "processes (p − 1) / (m + p − 1) of the time is lost, even if all have equally much to do"
    )
    if row is None or row["micro_batches"] is None:
        return f"{said}."
    pieces, workers = int(row["micro_batches"]), int(row["workers"])
    said += f", with {pieces} pieces and {workers} processes {percent(bubble(workers, pieces))}"
    if row["idle_share"] is not None:
        said += (
            f". Here even the busiest process was idle for {percent(row['idle_share'])} of a step, those with less "
            "to do for longer; waiting for a core that other programs use counts, too"
        )
    return f"{said}."


def _model_pays(rows: Sequence[Row]) -> str:
    said = "**Model parallelism pays** where a network does not fit into one device’s memory: then it is the only way"
    model = next((row for row in rows if row["parallel"] == "model"), None)
    data = next(
        (row for row in rows if model and row["parallel"] == "data" and row["workers"] == model["workers"]), None
    )
    if model is None or data is None:
        return f"{said}."
    size = "" if data["exchange_mb"] is None else f" The weights of this one take {data['exchange_mb']:.1f} MB."
    gain = _pace(data) / _pace(model)
    return f"{said}.{size} With as many processes, data parallelism reached {gain:.2f} times its speed here."


def _best(rows: Sequence[Row], parallel: str) -> Row | None:
    return max((row for row in rows if row["parallel"] == parallel), key=_pace, default=None)


def _pace(row: Row) -> float:
    return float(row["samples_per_s"])
