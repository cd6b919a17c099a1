"""Our perceptron against scikit-learn's: the same start, the same loss, the same steps."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from aec.evaluation.calibration import apply_temperature
from aec.models import perceptron
from aec.models.perceptron import Adam, Perceptron

RNG = np.random.default_rng(0)
INPUTS = RNG.standard_normal((60, 50)).astype(np.float32)
TARGETS = RNG.integers(0, 3, 60)


# Few epochs, so that scikit-learn says that it has not converged.
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("hidden", [(20,), (20, 10), (7, 8, 9)])
@pytest.mark.parametrize("alpha", [0.0, 1e-4, 1.0])
def test_the_same_epochs_as_scikit_learn(hidden, alpha, monkeypatch):
    monkeypatch.setattr(perceptron, "_PIECE", 64)
    theirs = MLPClassifier(hidden, max_iter=5, batch_size=20, shuffle=False, random_state=3, alpha=alpha)
    theirs.fit(INPUTS, TARGETS)
    ours = Perceptron((50, *hidden, 3), seed=3)
    adam = Adam(ours, 1e-3, alpha)
    losses = [
        np.mean([adam.step(INPUTS[start : start + 20], TARGETS[start : start + 20]) for start in (0, 20, 40)])
        for _ in range(5)
    ]
    np.testing.assert_allclose(losses, theirs.loss_curve_, rtol=1e-5)
    for mine, other in zip((*ours.weights, *ours.biases), (*theirs.coefs_, *theirs.intercepts_), strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-5)
    np.testing.assert_allclose(apply_temperature(ours.logits(INPUTS), 1.0), theirs.predict_proba(INPUTS), atol=1e-5)


def test_the_gradient_is_that_of_the_loss():
    # Adam's first step goes against the sign of each weight's slope; the slope itself by differences.
    network = Perceptron((50, 6, 3), seed=0)
    before = network.copy()
    Adam(network, 1e-3, 0.5).step(INPUTS, TARGETS)
    step = network.weights[0] - before[0]
    for place in [(0, 0), (17, 3), (49, 5)]:
        losses = []
        for change in (1e-2, -1e-2):
            network.restore(before)
            network.weights[0][place] += np.float32(change)
            losses.append(Adam(network, 0.0, 0.5).step(INPUTS, TARGETS))
        assert np.sign(step[place]) == -np.sign(losses[0] - losses[1])


def test_threads_change_nothing():
    results = []
    with ThreadPoolExecutor(3) as pool:
        for each in (map, pool.map):
            network = Perceptron((50, 8, 3), seed=1)
            adam = Adam(network, 1e-2, 1e-4, each)
            for _ in range(10):
                adam.step(INPUTS, TARGETS)
            results.append(network)
    for a, b in zip(results[0].weights, results[1].weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_fewer_inputs_than_shards():
    network = Perceptron((2, 4, 2), seed=0)
    adam = Adam(network, 1e-2, 0.0)
    targets = (INPUTS[:, 0] > 0).astype(np.int64)
    losses = [adam.step(INPUTS[:, :2], targets) for _ in range(200)]
    assert losses[-1] < 0.3 * losses[0]


def test_a_confident_wrong_prediction_has_a_finite_loss():
    network = Perceptron((50, 4, 3), seed=0)
    network.biases[-1][...] = (500, -500, -500)
    assert np.isfinite(Adam(network, 1e-3, 0.0).step(INPUTS, np.full(60, 2)))
