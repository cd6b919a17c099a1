"""Sounds and tables that tests in several folders use; every test has its own AEC_HOME."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sounds import speechlike

from aec.corpora.demo import DEMO_FOLDERS


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEC_HOME", str(tmp_path_factory.mktemp("home")))
    for name in ("AEC_DATA", "AEC_JOBS", "AEC_MAX_SECONDS", "AEC_MAX_MB", "AEC_PUBLIC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def make_sound() -> Callable[..., np.ndarray]:
    return speechlike


@pytest.fixture
def write_sound(tmp_path: Path) -> Callable[..., Path]:
    """Write a speech-like sound below the test's folder and return its path."""

    def write(
        name: str = "clip.wav",
        seconds: float = 1.0,
        rate: int = 16_000,
        seed: int = 0,
        channels: int = 1,
        subtype: str | None = None,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, speechlike(seconds, rate, seed, channels), rate, subtype=subtype)
        return path

    return write


@pytest.fixture(scope="session")
def demo_clips() -> list[Path]:
    """Some bundled demo clips, of every speaker."""
    clips = sorted(path for folder in DEMO_FOLDERS.values() for path in folder.rglob("*.ogg"))
    return clips[::20]


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Folder of real recordings; tests that need it skip where it is not given."""
    folder = os.environ.get("AEC_TEST_CORPORA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("AEC_TEST_CORPORA names no folder of real recordings")
    return Path(folder)
