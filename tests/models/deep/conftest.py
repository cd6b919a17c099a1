"""Small clips of three classes for tiny networks."""

import numpy as np
import pytest

from aec.features import FeatureSpec
from aec.features.feature_file import FeatureFile
from aec.models.network_settings import NetworkSettings

SPEC = FeatureSpec(kind="logmel", n_mels=16, max_frames=60)
TINY = NetworkSettings(max_epochs=3, batch_size=16, width=8, dropout=0.0, augment=False, mixup=0.0, averaging=0.9)


@pytest.fixture(autouse=True)
def _one_thread():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    """90 clips of 5 to 60 frames whose classes differ in the shape of their spectrum."""
    from aec.models.deep.batches import ClipDataset

    rng = np.random.default_rng(0)
    targets = np.arange(90) % 3
    lengths = rng.integers(5, 61, 90)
    file = FeatureFile.create(tmp_path_factory.mktemp("features"), 90, 60, 16)
    shapes = np.sin(np.arange(16)[None, :] * (1 + np.arange(3)[:, None]))
    for row, (target, length) in enumerate(zip(targets, lengths, strict=True)):
        file.write(row, (rng.normal(size=(length, 16)) + shapes[target]).astype(np.float32))
    return ClipDataset(file, lengths, targets, 3)


@pytest.fixture
def spec():
    return SPEC


@pytest.fixture
def tiny():
    return TINY
