"""Choice of device and precision."""

import contextlib

import torch

from aec.errors import UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(wanted: str = "auto", rank: int = 0, workers: int = 1) -> torch.device:
    """Return the device to compute on; `auto` takes cuda, then mps, then cpu.

    All workers of a training use the same kind, because the communication backend belongs to it.

    Parameters
    ----------
    wanted : {"auto", "cpu", "cuda", "mps"}
    rank : int
        Number of this worker on this machine; each takes its own GPU.
    workers : int
        Number of workers; with fewer GPUs, `auto` takes the CPU.

    Raises
    ------
    UsageError
        There is no such device, or fewer than workers.
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
        # gloo, the backend without nccl, does not support it.
        raise UsageError(f"{workers} processes cannot train on mps", "one can", "Use --device cpu")
    if wanted == "cuda":
        count = torch.cuda.device_count()
        if workers > count:
            raise UsageError(f"{workers} processes need a GPU each", f"there are {count}", "Use fewer --workers")
        return torch.device("cuda", rank)
    return torch.device(wanted)


def precision(device: torch.device) -> "contextlib.AbstractContextManager[object]":
    """Return the context of a step: bfloat16 on GPUs that have it, else float32."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported():
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return contextlib.nullcontext()
