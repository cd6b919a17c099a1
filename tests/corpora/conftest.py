"""Folders of tiny clips, each with its own sound."""

import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile

RATE = 8_000
Maker = Callable[[Path, Iterable[str]], Path]


def write_clip(path: Path, *, seconds: float = 0.12, peak: float = 0.5, channels: int = 1) -> Path:
    """Write noise that depends on the file's name alone."""
    rng = np.random.default_rng(zlib.crc32(path.name.encode()))
    samples = rng.uniform(-peak, peak, (round(seconds * RATE), channels))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, format="WAV")
    return path


@pytest.fixture
def clip() -> Callable[..., Path]:
    return write_clip


@pytest.fixture
def tree() -> Maker:
    """Make a folder with a clip at each of the given relative paths."""

    def make(root: Path, paths: Iterable[str]) -> Path:
        root.mkdir(parents=True, exist_ok=True)
        for path in paths:
            write_clip(root / path)
        return root

    return make


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEC_HOME", str(tmp_path_factory.mktemp("home")))
    for name in ("AEC_JOBS", "AEC_MAX_SECONDS", "AEC_MAX_MB"):
        monkeypatch.delenv(name, raising=False)
