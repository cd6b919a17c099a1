"""Explanations of the gain and cost of distributed training, with numbers."""

from collections.abc import Sequence

from aec.benchmark.network_speed import pipeline_idle_share
from aec.benchmark.results import NetworkSpeed
from aec.charts.words import counted, percent

# Two speeds within that share are called equal.
_SAME = 0.05


def network_sentence(rows: Sequence[NetworkSpeed]) -> str:
    """Return the speed of data parallelism relative to the best single process."""
    alone, several = _best(rows, "none"), _best(rows, "data")
    if alone is None or several is None:
        best = max(rows, key=lambda row: row.samples_per_s)
        return f"**{best.title}** trains on {best.samples_per_s:.1f} clips per second."
    gain = several.samples_per_s / alone.samples_per_s
    one = f"the best single process ({counted(alone.threads, 'thread')})"
    words = f"as fast as {one}" if abs(gain - 1) <= _SAME else f"{gain:.2f} times the speed of {one}"
    return f"**{several.title}**: {several.samples_per_s:.1f} clips per second, {words}."


def explain_networks(rows: Sequence[NetworkSpeed]) -> list[str]:
    """Explain gain and cost of both kinds of parallelism, and when they pay."""
    return [_threads(rows), _exchange(rows), _DATA_PAYS, _model(rows), _model_pays(rows)]


_DATA_PAYS = (
    "**Data parallelism pays** if each process has a device of its own (several graphics cards or machines), and "
    "with large batches: the exchange takes as long for 8 clips as for 800, and each process’s share must be large "
    "enough to keep its device busy."
)


def _threads(rows: Sequence[NetworkSpeed]) -> str:
    threads = max((row for row in rows if row.parallel == "none"), key=lambda row: row.threads, default=None)
    number = max(2, threads.threads) if threads else 2
    text = (
        f"**{number} processes on {number} cores** use the same hardware as one process with {number} threads: "
        "PyTorch divides the work of one process among its threads already"
    )
    several = next((row for row in rows if row.parallel == "data" and row.workers == number), None)
    if threads is None or several is None or threads.threads != number:
        return f"{text}."
    gain = several.samples_per_s / threads.samples_per_s
    text += f". Here {number} processes reached {gain:.2f} times the speed of {number} threads"
    if gain > 1 + _SAME:
        text += (
            ": threads synchronise in every small operation, and a recurrent layer has many of these, one frame "
            "after the other; processes synchronise once per step"
        )
    elif gain < 1 - _SAME:
        text += ": exchange and duplicated work cost more than the synchronisation of threads"
    if threads.efficiency is not None and threads.efficiency < (1 - _SAME) / number:
        text += (
            f". {number} threads slower than one are a sign of a busy machine: all threads wait if another program "
            "uses a core"
        )
    return f"{text}."


def _exchange(rows: Sequence[NetworkSpeed]) -> str:
    found = [(row.exchange_share, row) for row in rows if row.exchange_share is not None]
    text = "**The exchange**: after each step the processes sum their gradients, so that their weights stay equal"
    if found:
        share, worst = max(found, key=lambda pair: pair[0])
        size = "" if worst.exchange_mb is None else f" {worst.exchange_mb:.1f} MB,"
        text += (
            f". Here that is{size} {percent(share, 1)} of a step with {worst.workers} "
            "processes, inside one machine; between machines it takes longer"
        )
    return (
        f"{text}. It grows with the number of weights, not with the batch. Every process also prepares the whole "
        "batch before it takes its share; more processes do not shorten that."
    )


def _model(rows: Sequence[NetworkSpeed]) -> str:
    row = next((row for row in rows if row.parallel == "model"), None)
    text = (
        "**Model parallelism** gives each process some of the layers, and a batch passes through them in pieces. "
        "Later processes wait for the first piece, and earlier ones wait at the end: with m pieces and p processes, "
        "(p − 1) / (m + p − 1) of the time is lost even if all parts are equally long"
    )
    if row is None or row.micro_batches is None:
        return f"{text}."
    pieces, workers = row.micro_batches, row.workers
    text += f", with {pieces} pieces and {workers} processes {percent(pipeline_idle_share(workers, pieces))}"
    if row.idle_share is not None:
        text += (
            f". Here even the busiest process was idle for {percent(row.idle_share)} of a step, the others longer; "
            "waiting for a core that other programs use is included"
        )
    return f"{text}."


def _model_pays(rows: Sequence[NetworkSpeed]) -> str:
    text = "**Model parallelism pays** if a network does not fit into one device’s memory"
    model = next((row for row in rows if row.parallel == "model"), None)
    data = next((row for row in rows if model and row.parallel == "data" and row.workers == model.workers), None)
    if model is None or data is None:
        return f"{text}."
    size = "" if data.exchange_mb is None else f" The weights of this one take {data.exchange_mb:.1f} MB."
    gain = data.samples_per_s / model.samples_per_s
    return f"{text}.{size} With as many processes, data parallelism reached {gain:.2f} times its speed here."


def _best(rows: Sequence[NetworkSpeed], parallel: str) -> NetworkSpeed | None:
    return max((row for row in rows if row.parallel == parallel), key=lambda row: row.samples_per_s, default=None)
