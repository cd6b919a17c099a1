"""Import rules: the layers, and the modules that a command loads."""

import ast
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
    assert loaded_by("import aec.cli.parser; aec.cli.parser.make_parser()") == set()


def test_prediction_loads_no_training_library():
    clip = "next(pathlib.Path('aec/demo').rglob('*.ogg'))"
    code = f"import pathlib; from aec.prediction.predictor import *; predict_source(load_bundled_model(), {clip})"
    assert loaded_by(code) == {"onnxruntime"}


def test_scanning_and_our_engine_load_no_librosa():
    assert loaded_by("import aec.corpora, aec.features.extraction") <= {"pandas"}


def test_the_entry_script_imports_the_dashboard_alone():
    """import-linter sees packages; this file is none."""
    tree = ast.parse((ROOT / "streamlit_app.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {name for name in imported if not str(name).startswith("aec.ui.")} == {"streamlit", "aec.errors"}


def test_pages_are_short():
    for page in (ROOT / "pages").glob("*.py"):
        assert len(page.read_text(encoding="utf-8").splitlines()) <= 150, page
