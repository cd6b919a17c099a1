"""Clips -> a trained network, in this process or, through `launch`, in several."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aec.errors import TrainingError
from aec.features import FeatureSpec
from aec.models.deep.checkpoints import Checkpoints
from aec.models.deep.clips import Clips
from aec.models.deep.copies import Copies, logits_of
from aec.models.deep.devices import choose_device
from aec.models.deep.layers import Front
from aec.models.deep.loop import Trained, train_epochs
from aec.models.deep.networks import Network, build_network
from aec.models.deep.settings import NetworkSettings
from aec.models.deep.world import Alone
from aec.models.epoch import Epoch
from aec.models.learner import Watch

_PREDICTED_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A trained network.

    Parameters
    ----------
    name : {"cnn", "rnn", "crnn", "ensemble"}
    network : nn.Module
        Returns logits; on the CPU, ready to answer in the order of the labels' numbers.
    curve : tuple of Epoch
    kept_epoch : int
        The epoch whose weights these are.
    cancelled : bool
    """

    name: str
    network: nn.Module
    curve: tuple[Epoch, ...]
    kept_epoch: int
    cancelled: bool = False

    def logits(self, clips: Clips, rows: np.ndarray) -> np.ndarray:
        """Return logits [shape=(len(rows), labels), dtype=float32]."""
        found = np.zeros((len(rows), clips.n_labels), dtype=np.float32)
        for places, features, lengths in clips.in_order(rows, _PREDICTED_AT_ONCE):
            found[places] = logits_of(self.network, features, lengths, torch.device("cpu")).numpy()
        return found


def fit_network(
    name: str,
    clips: Clips,
    rows: np.ndarray,
    validation: np.ndarray,
    settings: NetworkSettings,
    spec: FeatureSpec,
    *,
    device: str = "auto",
    epochs: int | None = None,
    watch: Watch | None = None,
) -> FittedNetwork:
    """Train a network in this process.

    Parameters
    ----------
    name : {"cnn", "rnn", "crnn"}
    clips : Clips
    rows : np.ndarray [shape=(n,) or (n, versions), dtype=int64]
        Clips to learn from; where each lies in the file in several versions, every epoch draws one of them.
    validation : np.ndarray [shape=(m,), dtype=int64]
        Clips to choose the epoch by; may be empty.
    settings : NetworkSettings
    spec : FeatureSpec
    device : {"auto", "cpu", "cuda", "mps"}
    epochs : int, optional
        End after so many, while the learning rate falls as for `settings.max_epochs`.
    watch : Watch, optional

    Raises
    ------
    TrainingError
        No clips to learn from; otherwise see `train_epochs`.
    UsageError
        No such device.
    """
    place = choose_device(device)
    network = first_network(name, clips, rows, settings)
    engine = Copies(network, settings, place, Alone())
    lookers_on: dict[str, Any] = {}
    if watch is not None:
        kept = Checkpoints(watch.checkpoints, watch.key)
        lookers_on = {"on_epoch": watch.on_epoch, "stop": watch.stop, "checkpoints": kept}
    trained = train_epochs(engine, clips, rows, validation, settings, spec, epochs=epochs, **lookers_on)
    return fitted_of(name, clips, settings, trained, trained.weights)


def first_network(name: str, clips: Clips, rows: np.ndarray, settings: NetworkSettings) -> Network:
    """Return a network with its first weights, and the training clips' statistics in it."""
    network = build_network(name, clips.features.shape[2], clips.n_labels, settings)
    set_statistics(network, clips, rows)
    return network


def set_statistics(network: nn.Module, clips: Clips, rows: np.ndarray) -> None:
    """Tell the layers that need them the mean and deviation of each coefficient over the training clips.

    Raises
    ------
    TrainingError
        There are none.
    """
    if len(rows) == 0:
        raise TrainingError("there are no clips to train on", "", "Check the label set and the problem report")
    for front in network.modules():
        if isinstance(front, Front):
            mean, deviation = clips.statistics(rows.reshape(-1), front.floor)
            front.scale.mean.copy_(torch.from_numpy(mean))
            front.scale.deviation.copy_(torch.from_numpy(deviation))


def fitted_of(
    name: str, clips: Clips, settings: NetworkSettings, trained: Trained, weights: dict[str, Tensor]
) -> FittedNetwork:
    """Return the network that has some weights."""
    network = build_network(name, clips.features.shape[2], clips.n_labels, settings)
    network.load_state_dict(weights)
    return FittedNetwork(name, network.eval(), trained.curve, trained.kept_epoch, trained.cancelled)
