"""Checkpoints: the state of a training after each of the last two epochs."""

import logging
import os
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import torch

from aec.errors import RunError
from aec.models.deep.process_group import ProcessGroup
from aec.system.files import replacing

log = logging.getLogger(__name__)
_KEPT = 2


class Checkpoints:
    """Checkpoints of one worker.

    Parameters
    ----------
    folder : Path
        Folder of this training.
    key : str
        Digest of clips and settings; states with another key are ignored.
    rank : int
        Worker whose state it is; 0 where all have the same.
    writes : bool
        Whether this worker writes.
    """

    def __init__(self, folder: Path, key: str, rank: int = 0, *, writes: bool = True) -> None:
        self._folder, self._key, self._rank, self._writes = folder, key, rank, writes

    def write(self, epoch: int, state: dict[str, Any]) -> None:
        """Save the state after an epoch, if this worker writes.

        Raises
        ------
        RunError
            The disk is full or the folder cannot be written; earlier states stay.
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
            # Higher numbers are damaged, or belong to other clips or settings.
            if not epoch - _KEPT < other <= epoch:
                self._path(other).unlink(missing_ok=True)

    def latest(self, group: ProcessGroup) -> dict[str, Any] | None:
        """Return the latest undamaged state that every worker has, or None."""
        states = {state["epoch"]: state for epoch in self._epochs() if (state := self._read(epoch)) is not None}
        while True:
            newest = max(states, default=0)
            common = group.minimum(newest)
            if common == 0:
                return None
            if group.minimum(int(common in states)):
                return states[common]
            states = {epoch: state for epoch, state in states.items() if epoch < common}

    def _path(self, epoch: int) -> Path:
        return self._folder / f"epoch-{epoch}-of-{self._rank}.pt"

    def _epochs(self) -> list[int]:
        names = (re.fullmatch(rf"epoch-(\d+)-of-{self._rank}\.pt", path.name) for path in self._folder.glob("*.pt"))
        return sorted(int(name[1]) for name in names if name)

    def _read(self, epoch: int) -> dict[str, Any] | None:
        try:
            # weights_only: no code in such a file is run.
            state: dict[str, Any] = torch.load(self._path(epoch), map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, ValueError, EOFError, KeyError, pickle.UnpicklingError, zipfile.BadZipFile):
            log.warning("The checkpoint of epoch %d is damaged; the one before it is used.", epoch)
            return None
        return state if isinstance(state, dict) and state.get("key") == self._key else None
