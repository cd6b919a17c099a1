"""Settings of networks and of distributed training; PyTorch is not needed."""

import msgspec

from aec.errors import TrainingError, UsageError

NETWORKS = ("cnn", "rnn", "crnn")
PARALLEL = ("data", "model")


class NetworkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The recipe of a network.

    Parameters
    ----------
    max_epochs : int
        The learning rate falls to zero over these.
    batch_size : int
        Clips per step, over all processes together.
    learning_rate : float
        Highest value of the schedule: a linear rise over the first tenth, then half a cosine down to zero.
    weight_decay : float
        Of AdamW.
    label_smoothing : float
        Share of each answer that is spread over all labels.
    dropout : float
        Share of values dropped before the last layer; half of it between the blocks.
    width : int
        All sizes inside the network are multiples of it.
    augment : bool
        Change the training clips at each step (see `aec.models.deep.augmentation`).
    mixup : float
        Share of the batches whose clips are mixed by pairs; 0 without augmentation.
    class_weights : bool
        Weigh each clip by how rare its label is, so that all labels count the same.
    averaging : float
        Decay per step of the moving average of the weights; it is the average that answers.
    early_stopping : bool
        Keep the latest epoch whose UAR on validation clips (smoothed over five epochs) is within one standard error
        of the best, and end after `patience` epochs without one.
    patience : int
    validation_share : float
        Share of the training speakers that is set aside to choose the epoch.
    floor_db : float
        So far below each clip's loudest frame an even noise is laid under it, for log-mel spectrograms; 0 is none.
    crop_frames : int
        Longer training clips are cut to that many frames, at a place that changes.
    seed : int
    """

    max_epochs: int = 100
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.1
    dropout: float = 0.3
    width: int = 32
    augment: bool = True
    mixup: float = 0.5
    class_weights: bool = True
    averaging: float = 0.99
    early_stopping: bool = True
    patience: int = 40
    validation_share: float = 0.2
    floor_db: float = 0.0
    crop_frames: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("max_epochs", "batch_size", "patience", "width", "crop_frames"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise TrainingError(f"{name} is {getattr(self, name)}", "1 or more is expected")
        for name in ("label_smoothing", "dropout", "averaging", "validation_share"):
            if not 0 <= getattr(self, name) < 1:
                raise TrainingError(f"{name} is {getattr(self, name)}", "0 up to below 1 is expected")
        if not 0 <= self.mixup <= 1:
            raise TrainingError(f"mixup is {self.mixup}", "0 to 1 is expected")
        if not 0 <= self.floor_db < float("inf"):
            raise TrainingError(f"floor_db is {self.floor_db}", "0 or more is expected")
        if not (0 < self.learning_rate < float("inf") and 0 <= self.weight_decay < float("inf")):
            raise TrainingError("the learning rate must be above 0 and the weight decay not below 0")
        if self.early_stopping and self.validation_share == 0:
            raise TrainingError("early stopping needs validation clips", "", "Set a validation share above 0")


class Team(msgspec.Struct, frozen=True):
    """The processes of a training.

    Parameters
    ----------
    workers : int
    parallel : {"data", "model"}
        Whether each has a copy of the network and a share of each batch, or a part of the network.
    device : {"auto", "cpu", "cuda", "mps"}
    """

    workers: int = 1
    parallel: str = "data"
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(f"the number of workers is {self.workers}", "1 or more is expected")
        if self.parallel not in PARALLEL:
            raise UsageError(
                f"the kind of parallelism is {self.parallel!r}", f"one of {', '.join(PARALLEL)} is expected"
            )
        if self.parallel == "model" and self.workers < 2:
            raise UsageError("a network is to be spread over one process", "2 --workers or more are expected")
