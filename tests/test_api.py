"""The functions of `import aec`, and the example in the README."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import aec
from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import UsageError
from aec.models.model_file import load_model
from aec.runs.run import list_runs

ROOT = Path(__file__).parents[1]


def test_importing_it_loads_nothing_heavy():
    code = "import sys, aec; aec.settings.read_settings().public; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not {"numpy", "pandas", "onnxruntime", "sklearn", "streamlit"} & set(done.stdout.split())


def test_a_model_is_the_bundled_one_or_a_named_one(demo_clips):
    model = aec.load_model()
    assert aec.predict(demo_clips[0], model) == aec.predict(demo_clips[0].read_bytes())


def test_clips_are_scanned_and_their_features_extracted(demo_clips):
    found = aec.scan(*DEMO_FOLDERS.values(), labels="five")
    assert set(found.usable_table["emotion"]) == {"angry", "happy", "neutral", "sad"}
    extraction = aec.extract_features(demo_clips[:3], jobs=1)
    with extraction.features as features:
        assert features.shape == (3, 500, 13)
        assert not extraction.failures


def test_a_training_is_kept_as_a_run():
    report = aec.train(DEMO_FOLDERS["demo-german"], epochs=1, folds=2)
    (run,) = list_runs()
    assert report.folds == report.folds_done == 2
    assert run.state().name == "finished"
    assert load_model(run.model_path).card.metrics["uar"] == pytest.approx(report.uar)


@pytest.mark.parametrize("options", [{"epochs": 0}, {"split": "half"}, {"model": "tree"}, {"features": "words"}])
def test_an_option_out_of_bounds_is_refused(options):
    with pytest.raises(UsageError):
        aec.train(DEMO_FOLDERS["demo-german"], **options)


def test_the_example_in_the_readme_runs(tmp_path, monkeypatch, capsys):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(import aec\n.*?)```", text, flags=re.S)
    assert len(example.strip().splitlines()) == 5
    clip = next(DEMO_FOLDERS["demo-english"].rglob("*.ogg"))
    (tmp_path / "clip.wav").write_bytes(clip.read_bytes())
    (tmp_path / "corpus").symlink_to(DEMO_FOLDERS["demo-german"])
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own text
    prediction, score = capsys.readouterr().out.strip().split("\n")
    assert prediction
    assert 0 < float(score.split()[0]) <= 1
