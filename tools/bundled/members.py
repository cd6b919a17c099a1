"""Members of the ensemble: training, saved weights and logits, joint network."""

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
from tools.bundled.splits import LABELS, Training
from tools.bundled.variants import SPEC, tested_rows, training_rows

KERNEL = "kernel"
# A kernel machine that uses patches, too.
DETAILED = "detailed"
_KERNEL_KINDS = (KERNEL, DETAILED)
_KINDS = (*_KERNEL_KINDS, *NETWORKS)
# Networks adapt more to the corpora of training: a kernel machine has twice the weight of a network.
_KERNEL_WEIGHT = 2
# Rooms and channels differ most in what is further than this below the loudest frame.
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
        if self.kind not in _KINDS:
            raise UsageError(f"a member is {self.kind!r}", f"one of {', '.join(_KINDS)} is expected")

    @property
    def settings(self) -> NetworkSettings:
        """Settings of a network: a fixed number of epochs, no validation clips."""
        return NetworkSettings(
            seed=self.seed, max_epochs=40, early_stopping=False, validation_share=0.0, floor_db=FLOOR_DB
        )

    @property
    def weight(self) -> int:
        """Weight of its probabilities in the ensemble."""
        return _KERNEL_WEIGHT if self.kind in _KERNEL_KINDS else 1

    @property
    def title(self) -> str:
        """Name in files and on the card."""
        return f"{self.kind}-{self.seed}"


def fit_member(member: Member, training: Training, clips: ClipDataset, folder: Path) -> None:
    """Train a member and save its weights and test logits, unless they exist.

    Parameters
    ----------
    member : Member
    training : Training
    clips : ClipDataset
    folder : Path
        Also of the checkpoints, from which an interrupted training continues.
    """
    name = f"{member.title}-{training.name}"
    logits_path, weights_path = folder / f"{name}.logits.npy", folder / f"{name}.pt"
    if logits_path.exists():
        return
    torch.set_num_threads(1)
    network = _train(member, training, clips, folder)
    torch.save(network.state_dict(), weights_path)
    rows = tested_rows(training.test)
    logits = _fitted(member, network).logits(clips, rows.reshape(-1)).reshape(*rows.shape, len(LABELS))
    partial = logits_path.with_suffix(".part.npy")
    np.save(partial, logits)
    partial.replace(logits_path)


def ensemble_logits(members: list[Member], training: Training, folder: Path) -> np.ndarray:
    """Return logits of the ensemble [shape=(test clips, test variants, labels)]."""
    files = [folder / f"{member.title}-{training.name}.logits.npy" for member in members]
    probabilities = [apply_temperature(np.load(file), 1.0) for file in files]
    mean = np.average(probabilities, axis=0, weights=[member.weight for member in members])
    return np.log(np.maximum(mean, LEAST_PROBABILITY))


def load_member(member: Member, training: Training, folder: Path) -> FittedNetwork:
    """Load a trained member."""
    weights = torch.load(folder / f"{member.title}-{training.name}.pt", weights_only=True)
    network: nn.Module
    if member.kind in _KERNEL_KINDS:
        landmarks = len(weights["squares"])
        network = KernelMachine(SPEC, FLOOR_DB, len(LABELS), landmarks, detailed=member.kind == DETAILED)
    else:
        network = build_network(member.kind, SPEC.coefficients, len(LABELS), member.settings)
    network.load_state_dict(weights)
    return _fitted(member, network)


def joined_ensemble(members: list[FittedNetwork]) -> FittedNetwork:
    """Join members to one network: the weighted mean of their probabilities.

    Kernel machines share one summary.
    """
    machines = [member.network for member in members if isinstance(member.network, KernelMachine)]
    networks = [member for member in members if not isinstance(member.network, KernelMachine)]
    if not machines:
        return ensemble_of(networks)
    kernels = FittedNetwork(KERNEL, KernelMachines(machines).eval(), (), 0)
    return ensemble_of([kernels, *networks], [_KERNEL_WEIGHT * len(machines), *[1] * len(networks)])


def _train(member: Member, training: Training, clips: ClipDataset, folder: Path) -> nn.Module:
    name, rows = f"{member.title}-{training.name}", training_rows(training.train)
    if member.kind in _KERNEL_KINDS:
        machine = fit_kernel(clips, rows, SPEC, FLOOR_DB, member.seed, detailed=member.kind == DETAILED)
        print(f"{name}: trained on {rows.size} variants of {len(rows)} clips", flush=True)
        return machine

    def print_epoch(epoch: EpochLog) -> None:
        print(f"{name}: epoch {epoch.epoch} of {epoch.epochs}, loss {epoch.loss:.3f}", flush=True)

    no_validation = np.empty(0, dtype=np.int64)
    callbacks = FitCallbacks(
        print_epoch, lambda: False, folder / name, f"{name} {member.settings} {len(training.train)}"
    )
    return fit_network(
        member.kind, clips, rows, no_validation, member.settings, SPEC, device="cpu", callbacks=callbacks
    ).network


def _fitted(member: Member, network: nn.Module) -> FittedNetwork:
    return FittedNetwork(member.kind, network.eval(), (), member.settings.max_epochs)
