"""What may import what: the layers, and what a command really loads."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("streamlit", "librosa", "numba", "sklearn", "torch")


def loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*[m for m in {HEAVY!r} + ('pandas', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


def test_imports_go_one_way():
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([lint, "--no-cache"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_command_line_loads_nothing_heavy_by_itself():
    assert loaded_by("import aec.cli; aec.cli.make_parser()") == set()


def test_prediction_loads_no_training_library():
    clip = "next(pathlib.Path('aec/demo').rglob('*.ogg'))"
    code = f"import pathlib; from aec.prediction import *; predict_source(load_bundled_model(), {clip})"
    assert loaded_by(code) == {"onnxruntime"}


def test_scanning_and_our_engine_load_no_librosa():
    assert loaded_by("from aec.corpora import scan; import aec.extraction") <= {"pandas"}


def test_pages_hold_no_sound_or_model_code():
    for page in (ROOT / "pages").glob("*.py"):
        text = page.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 150, page
        for module in ("librosa", "sklearn", "onnxruntime", "soundfile", "scipy"):
            assert f"import {module}" not in text, page
