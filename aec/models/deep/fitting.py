"""Clips -> a trained network, in this process."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from aec.errors import TrainingError
from aec.features import FeatureSpec
from aec.models.deep.batches import ClipDataset
from aec.models.deep.checkpoints import Checkpoints
from aec.models.deep.data_parallel import DataParallel, logits_of
from aec.models.deep.devices import choose_device
from aec.models.deep.layers import InputBlock
from aec.models.deep.networks import Network, build_network
from aec.models.deep.process_group import SingleProcess
from aec.models.deep.training_loop import TrainingOutcome, train_epochs
from aec.models.epoch_log import EpochLog
from aec.models.learner import FitCallbacks
from aec.models.network_settings import NetworkSettings

_PREDICTED_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A trained network.

    Parameters
    ----------
    name : {"cnn", "rnn", "crnn", "ensemble"}
    network : nn.Module
        Returns logits in label order; on the CPU, in evaluation mode.
    curve : tuple of EpochLog
    kept_epoch : int
        Epoch of the weights.
    cancelled : bool
    """

    name: str
    network: nn.Module
    curve: tuple[EpochLog, ...]
    kept_epoch: int
    cancelled: bool = False

    def logits(self, clips: ClipDataset, rows: np.ndarray) -> np.ndarray:
        """Return logits [shape=(len(rows), labels), dtype=float32]."""
        found = np.zeros((len(rows), clips.n_labels), dtype=np.float32)
        for places, features, lengths in clips.by_length(rows, _PREDICTED_AT_ONCE):
            found[places] = logits_of(self.network, features, lengths, torch.device("cpu")).numpy()
        return found


def fit_network(
    name: str,
    clips: ClipDataset,
    rows: np.ndarray,
    validation: np.ndarray,
    settings: NetworkSettings,
    spec: FeatureSpec,
    *,
    device: str = "auto",
    epochs: int | None = None,
    callbacks: FitCallbacks | None = None,
) -> FittedNetwork:
    """Train a network in this process.

    Parameters
    ----------
    name : {"cnn", "rnn", "crnn"}
    clips : ClipDataset
    rows : np.ndarray [shape=(n,) or (n, versions), dtype=int64]
        Training clips; of several versions of a clip, every epoch draws one.
    validation : np.ndarray [shape=(m,), dtype=int64]
        Validation clips, to choose the epoch by; may be empty.
    settings : NetworkSettings
    spec : FeatureSpec
    device : {"auto", "cpu", "cuda", "mps"}
    epochs : int, optional
        Number of epochs; the learning rate follows the schedule of `settings.max_epochs`.
    callbacks : FitCallbacks, optional

    Raises
    ------
    TrainingError
        No training clips; otherwise see `train_epochs`.
    UsageError
        No such device.
    """
    place = choose_device(device)
    network = initial_network(name, clips, rows, settings)
    engine = DataParallel(network, settings, place, SingleProcess())
    options: dict[str, Any] = {}
    if callbacks is not None:
        kept = Checkpoints(callbacks.checkpoints, callbacks.key)
        options = {"on_epoch": callbacks.on_epoch, "stop": callbacks.stop, "checkpoints": kept}
    trained = train_epochs(engine, clips, rows, validation, settings, spec, epochs=epochs, **options)
    return fitted_network(name, clips, settings, trained, trained.weights)


def initial_network(name: str, clips: ClipDataset, rows: np.ndarray, settings: NetworkSettings) -> Network:
    """Build a network with initial weights and statistics of the training clips."""
    network = build_network(name, clips.features.shape[2], clips.n_labels, settings)
    set_statistics(network, clips, rows)
    return network


def set_statistics(network: nn.Module, clips: ClipDataset, rows: np.ndarray) -> None:
    """Set mean and deviation of the training clips' coefficients in the input layers.

    Raises
    ------
    TrainingError
        There are none.
    """
    if len(rows) == 0:
        raise TrainingError("there are no clips to train on", "", "Check the label set and the problem report")
    for front in network.modules():
        if isinstance(front, InputBlock):
            mean, deviation = clips.statistics(rows.reshape(-1), front.floor)
            front.scale.mean.copy_(torch.from_numpy(mean))
            front.scale.deviation.copy_(torch.from_numpy(deviation))


def fitted_network(
    name: str, clips: ClipDataset, settings: NetworkSettings, trained: TrainingOutcome, weights: dict[str, Tensor]
) -> FittedNetwork:
    """Return a trained network from its weights."""
    network = build_network(name, clips.features.shape[2], clips.n_labels, settings)
    network.load_state_dict(weights)
    return FittedNetwork(name, network.eval(), trained.curve, trained.kept_epoch, trained.cancelled)
