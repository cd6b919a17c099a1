"""Prediction of trained networks through ONNX, without PyTorch."""

import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: requirements-deep.txt")

from aec.evaluation.calibration import apply_temperature
from aec.models.card import ModelCard
from aec.models.deep.ensemble import ensemble_of
from aec.models.deep.export import save_network
from aec.models.deep.fitting import fit_network
from aec.models.model_file import load_model
from aec.models.network_settings import NETWORKS


@pytest.mark.parametrize("temperature", [1.7, 14.0])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_gives_the_same_as_the_network(name, temperature, clips, spec, tiny, tmp_path):
    rows = np.arange(60)
    fitted = fit_network(name, clips, rows, np.arange(60, 90), tiny, spec, device="cpu")
    if temperature > 10:
        # As confident as networks of so high a temperature: probabilities of zero in float32.
        with torch.no_grad():
            *_, last = (module for module in fitted.network.modules() if isinstance(module, torch.nn.Linear))
            last.weight *= 500
            last.bias *= 500
        spread = np.ptp(fitted.logits(clips, np.arange(90)), axis=1)
        assert spread.max() > 100
    path = tmp_path / "model.onnx"
    labels = ("angry", "happy", "sad")
    card = ModelCard(name="t", family=name, labels=labels, features=(spec,), temperature=temperature)
    save_network(path, fitted, clips, np.arange(90), card)
    model = load_model(path)
    features, lengths = (values.numpy() for values in clips.read(np.arange(90)))
    together = model.predict(features, lengths)
    wanted = apply_temperature(fitted.logits(clips, np.arange(90)), temperature)
    assert np.abs(together - wanted).max() <= 1e-4
    for row in (0, 17, 42):
        alone = model.predict(features[row : row + 1, : lengths[row]], lengths[row : row + 1])
        assert np.abs(alone - together[row]).max() <= 1e-5
    longer = np.random.default_rng(0).normal(size=(2, 700, 16)).astype(np.float32)
    assert model.predict(longer, np.array([700, 333])).shape == (2, 3)
    code = (
        "import sys, numpy as np; from pathlib import Path; from aec.models.model_file import load_model;"
        f"load_model(Path({str(path)!r})).predict(np.zeros((1, 9, 16), np.float32), np.array([9]));"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_ensemble_gives_the_mean_probabilities_of_its_networks(clips, spec, tiny, tmp_path):
    rows = np.arange(60)
    none = np.empty(0, dtype=np.int64)
    fitted = [fit_network(name, clips, rows, none, tiny, spec, device="cpu") for name in ("rnn", "cnn")]
    ensemble = ensemble_of(fitted)
    test_rows = np.arange(60, 90)
    probabilities = [apply_temperature(each.logits(clips, test_rows), 1.0) for each in fitted]
    assert np.abs(probabilities[0] - probabilities[1]).max() > 0.01
    assert (
        np.abs(apply_temperature(ensemble.logits(clips, test_rows), 1.0) - np.mean(probabilities, axis=0)).max()
        < 1e-6
    )
    path = tmp_path / "model.onnx"
    card = ModelCard(name="t", family="ensemble", labels=("angry", "happy", "sad"), features=(spec,), temperature=0.8)
    save_network(path, ensemble, clips, test_rows, card)
    features, lengths = (values.numpy() for values in clips.read(test_rows))
    model = load_model(path)
    batch = model.predict(features, lengths)
    for row in (0, 13, 29):
        alone = model.predict(features[row : row + 1, : lengths[row]], lengths[row : row + 1])
        assert np.abs(alone - batch[row]).max() <= 1e-5


@pytest.mark.parametrize("name", NETWORKS)
def test_the_default_sizes_pass_the_checks_of_a_model_file(name, clips, tmp_path):
    from aec.features import NETWORK_SPECS
    from aec.models.deep.export import to_graph
    from aec.models.deep.fitting import FittedNetwork
    from aec.models.deep.networks import build_network
    from aec.models.model_file import save_model
    from aec.models.network_settings import NetworkSettings

    for spec in NETWORK_SPECS.values():
        network = build_network(name, spec.coefficients, 7, NetworkSettings()).eval()
        card = ModelCard(
            name="t",
            family=name,
            labels=("angry", "happy", "sad", "neutral", "fearful", "disgusted", "surprised"),
            features=(spec,),
        )
        path = tmp_path / f"{spec.kind}.onnx"
        save_model(path, to_graph(FittedNetwork(name, network, (), 0), spec.coefficients), card)
        model = load_model(path)
        frames = spec.max_frames
        noise = np.random.default_rng(0).normal(size=(16, frames, spec.coefficients)).astype(np.float32)
        assert model.predict(noise, np.full(16, frames)).shape == (16, 7)
