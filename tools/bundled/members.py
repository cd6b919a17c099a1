"""The members of the ensemble, each trained for each part; what was answered and learned is kept as files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from aec.errors import UsageError
from aec.evaluation.calibration import apply_temperature
from aec.models.deep.batches import ClipDataset
from aec.models.deep.ensemble import LEAST_PROBABILITY, ensemble_of
from aec.models.deep.fitting import FittedNetwork, fit_network
from aec.models.deep.networks import build_network
from aec.models.epoch_log import EpochLog
from aec.models.learner import FitCallbacks
from aec.models.network_settings import NETWORKS, NetworkSettings
from tools.bundled.kernel import KernelMachine, KernelMachines, fit_kernel
from tools.bundled.plan import LABELS, Part
from tools.bundled.sounds import SPEC, learned_rows, tested_rows

KERNEL = "kernel"
# A kernel machine that looks at patches, too.
DETAILED = "detailed"
_MACHINES = (KERNEL, DETAILED)
# A network takes in more of how corpora sound: beside it, each kernel machine counts twice.
_COUNT = 2
# Rooms and lines of recordings differ most in what is further below the loudest frame.
FLOOR_DB = 36.0


@dataclass(frozen=True)
class Member:
    """One member of the ensemble.

    Parameters
    ----------
    kind : {"kernel", "detailed", "cnn", "rnn", "crnn"}
    seed : int

    Raises
    ------
    UsageError
        No such kind.
    """

    kind: str
    seed: int

    def __post_init__(self) -> None:
        if self.kind not in (*_MACHINES, *NETWORKS):
            raise UsageError(f"a member is {self.kind!r}", f"one of {', '.join((*_MACHINES, *NETWORKS))} is expected")

    @property
    def settings(self) -> NetworkSettings:
        """How a network is trained: for a fixed number of epochs, so that nothing has to be chosen on anybody."""
        return NetworkSettings(
            seed=self.seed, max_epochs=40, early_stopping=False, validation_share=0.0, floor_db=FLOOR_DB
        )

    @property
    def count(self) -> int:
        """How often its answer counts."""
        return _COUNT if self.kind in _MACHINES else 1

    @property
    def title(self) -> str:
        """For names of files."""
        return f"{self.kind}-{self.seed}"


def fit_part(member: Member, part: Part, clips: ClipDataset, folder: Path) -> None:
    """Train one member for one part, and keep its answers and weights; nothing is done twice.

    Parameters
    ----------
    member : Member
    part : Part
    clips : ClipDataset
    folder : Path
        Where an interrupted training is gone on with, too.
    """
    name = f"{member.title}-{part.name}"
    answers_path, weights_path = folder / f"{name}.logits.npy", folder / f"{name}.pt"
    if answers_path.exists():
        return
    torch.set_num_threads(1)
    network = _learned(member, part, clips, folder)
    torch.save(network.state_dict(), weights_path)
    rows = tested_rows(part.test)
    answers = _fitted(member, network).logits(clips, rows.reshape(-1)).reshape(*rows.shape, len(LABELS))
    aside = answers_path.with_suffix(".part.npy")
    np.save(aside, answers)
    aside.replace(answers_path)


def answers_of(members: list[Member], part: Part, folder: Path) -> np.ndarray:
    """Return the ensemble's logits [shape=(clips of the part, tested versions, labels)]; see `Ensemble`."""
    files = [folder / f"{member.title}-{part.name}.logits.npy" for member in members]
    answers = [apply_temperature(np.load(file), 1.0) for file in files]
    mean = np.average(answers, axis=0, weights=[member.count for member in members])
    return np.log(np.maximum(mean, LEAST_PROBABILITY))


def kept(member: Member, part: Part, folder: Path) -> FittedNetwork:
    """Return a member as it was after its training."""
    weights = torch.load(folder / f"{member.title}-{part.name}.pt", weights_only=True)
    network: nn.Module
    if member.kind in _MACHINES:
        landmarks = len(weights["squares"])
        network = KernelMachine(SPEC, FLOOR_DB, len(LABELS), landmarks, detailed=member.kind == DETAILED)
    else:
        network = build_network(member.kind, SPEC.coefficients, len(LABELS), member.settings)
    network.load_state_dict(weights)
    return _fitted(member, network)


def joined(members: list[FittedNetwork]) -> FittedNetwork:
    """Return members as one that answers with the weighted mean of their probabilities; clips are summarised once."""
    machines = [member.network for member in members if isinstance(member.network, KernelMachine)]
    networks = [member for member in members if not isinstance(member.network, KernelMachine)]
    if not machines:
        return ensemble_of(networks)
    kernels = FittedNetwork(KERNEL, KernelMachines(machines).eval(), (), 0)
    return ensemble_of([kernels, *networks], [_COUNT * len(machines), *[1] * len(networks)])


def _learned(member: Member, part: Part, clips: ClipDataset, folder: Path) -> nn.Module:
    name, rows = f"{member.title}-{part.name}", learned_rows(part.train)
    if member.kind in _MACHINES:
        machine = fit_kernel(clips, rows, SPEC, FLOOR_DB, member.seed, detailed=member.kind == DETAILED)
        print(f"{name}: learned from {rows.size} versions of {len(rows)} clips", flush=True)
        return machine

    def tell(epoch: EpochLog) -> None:
        print(f"{name}: epoch {epoch.epoch} of {epoch.epochs}, loss {epoch.loss:.3f}", flush=True)

    nobody = np.empty(0, dtype=np.int64)
    callbacks = FitCallbacks(tell, lambda: False, folder / name, f"{name} {member.settings} {len(part.train)}")
    return fit_network(
        member.kind, clips, rows, nobody, member.settings, SPEC, device="cpu", callbacks=callbacks
    ).network


def _fitted(member: Member, network: nn.Module) -> FittedNetwork:
    return FittedNetwork(member.kind, network.eval(), (), member.settings.max_epochs)
