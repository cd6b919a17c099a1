"""The state of a training after each epoch, on disk: written aside and renamed, the last two kept."""

import logging
import os
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import torch

from aec.errors import RunError
from aec.models.deep.world import World
from aec.system.files import replacing

log = logging.getLogger(__name__)
_KEPT = 2


class Checkpoints:
    """The states of one process's part in a training.

    Parameters
    ----------
    folder : Path
        Of this training alone.
    key : str
        Of clips and settings: a state of other ones is no beginning.
    rank : int
        Of the process whose part it is; 0 where all hold the same.
    writes : bool
        Whether this process is the one that writes it.
    """

    def __init__(self, folder: Path, key: str, rank: int = 0, *, writes: bool = True) -> None:
        self._folder, self._key, self._rank, self._writes = folder, key, rank, writes

    def write(self, epoch: int, state: dict[str, Any]) -> None:
        """Keep the state after an epoch, if that is for this process to do.

        Raises
        ------
        RunError
            The disk is full or the folder cannot be written; states that were kept before stay.
        """
        if not self._writes:
            return
        path = self._path(epoch)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(path) as aside, aside.open("wb") as file:
                torch.save({**state, "key": self._key, "epoch": epoch}, file)
                file.flush()
                os.fsync(file.fileno())
        # PyTorch's writer turns a full disk into a RuntimeError.
        except (OSError, RuntimeError) as error:
            raise RunError(
                f"the checkpoint of epoch {epoch} cannot be written ({error})",
                "",
                "Free some space, or set AEC_HOME to a folder that can be written; --resume goes on from there",
            ) from error
        for other in self._epochs():
            # What is numbered higher is damaged, or of other clips or settings.
            if not epoch - _KEPT < other <= epoch:
                self._path(other).unlink(missing_ok=True)

    def latest(self, world: World) -> dict[str, Any] | None:
        """Return the state of the latest epoch that every process has, or None; damaged ones do not count."""
        states = {state["epoch"]: state for epoch in self._epochs() if (state := self._read(epoch)) is not None}
        while True:
            newest = max(states, default=0)
            common = world.least(newest)
            if common == 0:
                return None
            if world.least(int(common in states)):
                return states[common]
            states = {epoch: state for epoch, state in states.items() if epoch < common}

    def _path(self, epoch: int) -> Path:
        return self._folder / f"epoch-{epoch}-of-{self._rank}.pt"

    def _epochs(self) -> list[int]:
        names = (re.fullmatch(rf"epoch-(\d+)-of-{self._rank}\.pt", path.name) for path in self._folder.glob("*.pt"))
        return sorted(int(name[1]) for name in names if name)

    def _read(self, epoch: int) -> dict[str, Any] | None:
        try:
            # Tensors and plain values alone: nothing in such a file is run.
            state: dict[str, Any] = torch.load(self._path(epoch), map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError, zipfile.BadZipFile):
            log.warning("The checkpoint of epoch %d is damaged; the one before it is used.", epoch)
            return None
        return state if isinstance(state, dict) and state.get("key") == self._key else None
