"""Log of one epoch of a training."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EpochLog:
    """Loss and validation UAR of an epoch.

    Parameters
    ----------
    epoch : int
        Its number, from 1.
    epochs : int
        The most epochs that there will be.
    loss : float
        Mean over the training clips.
    validation_uar : float or None
        UAR on validation clips; None without any.
    """

    epoch: int
    epochs: int
    loss: float
    validation_uar: float | None
