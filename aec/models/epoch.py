"""The log entry of an epoch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """Loss and validation score of an epoch.

    Parameters
    ----------
    epoch : int
        Number, from 1.
    epochs : int
        Largest number of epochs.
    loss : float
        Mean over the training clips.
    validation_uar : float or None
        UAR on validation clips; None without any.
    """

    epoch: int
    epochs: int
    loss: float
    validation_uar: float | None
