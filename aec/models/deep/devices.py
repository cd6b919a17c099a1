"""Which device computes, and in which precision."""

import contextlib

import torch

from aec.errors import UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(wanted: str = "auto", rank: int = 0) -> torch.device:
    """Return the device to compute on; `auto` takes cuda, then mps, then cpu.

    Parameters
    ----------
    wanted : {"auto", "cpu", "cuda", "mps"}
    rank : int
        Of this process among those of this machine; each takes a GPU of its own.

    Raises
    ------
    UsageError
        It is not there, or there are fewer of them than processes.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        wanted = next(name for name in ("cuda", "mps", "cpu") if there[name])
        if wanted == "cuda" and rank >= torch.cuda.device_count():
            wanted = "cpu"
    if wanted not in there:
        raise UsageError(f"the device is {wanted!r}", f"one of {', '.join(DEVICES)} is expected")
    if not there[wanted]:
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise UsageError(f"PyTorch finds no device {wanted!r} here", f"it finds {found}", "Use --device auto")
    if wanted == "cuda":
        count = torch.cuda.device_count()
        if rank >= count:
            raise UsageError(f"process {rank + 1} has no GPU of its own", f"there are {count}", "Use fewer --workers")
        return torch.device("cuda", rank)
    return torch.device(wanted)


def precision(device: torch.device) -> "contextlib.AbstractContextManager[object]":
    """Return what to compute a step in: bfloat16 where a GPU has it, float32 elsewhere."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return contextlib.nullcontext()
