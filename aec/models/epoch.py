"""What a training tells after each pass over its clips."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """What an epoch gave.

    Parameters
    ----------
    epoch : int
        Its number, from 1.
    epochs : int
        How many there will be at most.
    loss : float
        Mean over the training clips.
    validation_uar : float or None
        UAR on validation clips; None without any.
    """

    epoch: int
    epochs: int
    loss: float
    validation_uar: float | None
