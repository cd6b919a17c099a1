"""Calibration: temperature, calibration error, threshold of "unsure".

References
----------
C. Guo, G. Pleiss, Y. Sun, K. Weinberger, On Calibration of Modern Neural Networks, ICML 2017.
"""

import numpy as np
from scipy.optimize import minimize_scalar

# Below one half, a calibrated prediction is more likely wrong than right.
UNSURE_BELOW = 0.5


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """Return the temperature with the least log loss on held-out clips.

    Parameters
    ----------
    logits : np.ndarray [shape=(clips, labels)]
        Outputs before the softmax, of clips that the model was not trained on.
    truth : np.ndarray [shape=(clips,), dtype=int]

    Returns
    -------
    float
        Between 0.5 and 20; above 1 where the confidence was too high. If all predictions are right, ever lower
        temperatures fit better: the lower bound limits the confidence after a split with leaks.
    """
    values = np.asarray(logits, dtype=np.float64)
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        cooled = values / np.exp(log_temperature)
        cooled = cooled - cooled.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(cooled).sum(axis=1)) - cooled[rows, truth]))

    found = minimize_scalar(loss, bounds=(np.log(0.5), np.log(20.0)), method="bounded")
    return float(np.exp(found.x))


def apply_temperature(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return the softmax of logits / temperature, as the model file computes it.

    Parameters
    ----------
    logits : np.ndarray [shape=(..., labels)]
    temperature : float
        1 leaves the model's own probabilities as they are.
    """
    values = np.asarray(logits, dtype=np.float64) / temperature
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Return the mean gap of confidence and accuracy over bins of equal count.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(clips, labels)]
    truth : np.ndarray [shape=(clips,), dtype=int]
    bins : int
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(float(confidence[part].mean()) - float(right[part].mean())) for part in parts]
    return float(sum(gaps) / len(truth))
