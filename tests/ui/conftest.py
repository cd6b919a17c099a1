"""The dashboard in one process, with a small model and two small demo corpora of its own."""

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import streamlit as st
from dashboard_helpers import ROOT, save_small_model, write_corpus
from streamlit.testing.v1 import AppTest, app_test

from aec.corpora.demo import DEMO_FOLDERS


@pytest.fixture(scope="session", autouse=True)
def _tidy() -> Iterator[None]:
    yield
    # Streamlit leaves its folder for scripts to the interpreter, which warns about that when it ends.
    app_test.TMP_DIR.cleanup()


@pytest.fixture(autouse=True)
def _main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the main module back: Streamlit puts a page in its place, which a process started later would then run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("model") / "model.onnx")


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_sound: Callable[..., np.ndarray]) -> Path:
    """Two demo corpora of 14 clips each, in place of the bundled ones."""
    for name, speakers in (("demo-english", ("en01", "en05")), ("demo-german", ("de01", "de03"))):
        write_corpus(tmp_path / name, name, speakers, make_sound)
        monkeypatch.setitem(DEMO_FOLDERS, name, tmp_path / name)
    return tmp_path


@pytest.fixture
def use_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Put a model file in the place of the bundled one."""

    def use(path: Path) -> None:
        monkeypatch.setattr("aec.prediction.predictor.BUNDLED_MODEL", path)

    return use


@pytest.fixture
def open_page(demo: Path, small_model: Path, use_model: Callable[[Path], None]) -> Iterator[Callable[[str], AppTest]]:
    """Return what opens a page of the dashboard; without an exception, unless a test asks for it."""
    use_model(small_model)

    def open_it(name: str = "overview") -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
        if name != "overview":
            app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, app.exception
        return app

    yield open_it
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def wav(make_sound: Callable[..., np.ndarray]) -> Callable[..., bytes]:
    """Return the content of a WAV file with a speech-like sound."""

    def make(seconds: float = 1.0, rate: int = 16_000, seed: int = 0, channels: int = 1) -> bytes:
        out = io.BytesIO()
        soundfile.write(out, make_sound(seconds, rate, seed, channels), rate, format="WAV", subtype="PCM_16")
        return out.getvalue()

    return make
