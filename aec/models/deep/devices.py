"""Which device computes, and in which precision."""

import contextlib

import torch

from aec.errors import UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(wanted: str = "auto", rank: int = 0, workers: int = 1) -> torch.device:
    """Return the device to compute on; `auto` takes cuda, then mps, then cpu.

    Processes that train together all compute on the same kind, because they talk through what belongs to it.

    Parameters
    ----------
    wanted : {"auto", "cpu", "cuda", "mps"}
    rank : int
        Of this process among those of this machine; each takes a GPU of its own.
    workers : int
        How many processes there are; where there are fewer GPUs, `auto` takes none.

    Raises
    ------
    UsageError
        It is not there, or there are fewer of them than processes.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        wanted = next(name for name in ("cuda", "mps", "cpu") if there[name])
        if workers > 1 and (wanted == "mps" or workers > torch.cuda.device_count()):
            wanted = "cpu"
    if wanted not in there:
        raise UsageError(f"the device is {wanted!r}", f"one of {', '.join(DEVICES)} is expected")
    if not there[wanted]:
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise UsageError(f"PyTorch finds no device {wanted!r} here", f"it finds {found}", "Use --device auto")
    if wanted == "mps" and workers > 1:
        # gloo, through which processes talk where there is no nccl, does not know it.
        raise UsageError(f"{workers} processes are to train on mps", "one alone can", "Use --device cpu")
    if wanted == "cuda":
        count = torch.cuda.device_count()
        if workers > count:
            raise UsageError(f"{workers} processes want a GPU each", f"there are {count}", "Use fewer --workers")
        return torch.device("cuda", rank)
    return torch.device(wanted)


def precision(device: torch.device) -> "contextlib.AbstractContextManager[object]":
    """Return what to compute a step in: bfloat16 where a GPU has it, float32 elsewhere."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return contextlib.nullcontext()
