"""The command line contract: JSON keys, exit codes, one plain line for an error."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from aec.cli import main
from aec.corpora.demo import DEMO_FOLDERS
from aec.models.model_file import load_model
from aec.runs.run import create_run
from aec.training import TrainingSettings

ENGLISH = str(DEMO_FOLDERS["demo-english"])
GERMAN = str(DEMO_FOLDERS["demo-german"])


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(list(arguments))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def json_of(capsys, *arguments: str, code: int = 0):
    found, out, err = call(capsys, *arguments, "--json")
    assert found == code, err
    assert out.count("\n") == 1
    return json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not strict JSON"))


def one_line(err: str) -> str:
    (line,) = [text for text in err.splitlines() if text.startswith("aec: ")]
    assert "Traceback" not in err
    return line


def test_scan(capsys):
    found = json_of(capsys, "scan", ENGLISH, GERMAN)
    assert set(found) == {"clips", "usable", "corpora", "emotions", "speakers", "duration_s", "problems"}
    assert found["speakers"] == 10
    assert set(found["corpora"]) == {"demo-english", "demo-german"}
    assert found["problems"] == []
    code, out, _ = call(capsys, "scan", ENGLISH)
    assert code == 0
    assert "Speakers" in out


def test_scan_with_a_broken_file_is_1_and_goes_on(capsys, write_sound, tmp_path):
    write_sound("angry/a.wav")
    (tmp_path / "sad").mkdir()
    (tmp_path / "sad" / "b.wav").write_text("no sound")
    found = json_of(capsys, "scan", str(tmp_path), code=1)
    assert (found["clips"], found["usable"]) == (2, 1)
    assert found["problems"][0]["kind"] == "unreadable"


def test_a_finding_is_no_failure(capsys, write_sound):
    folder = write_sound("angry/a.wav").parent
    (folder / "copy.wav").write_bytes((folder / "a.wav").read_bytes())
    found = json_of(capsys, "scan", str(folder.parent))
    assert [problem["kind"] for problem in found["problems"]] == ["duplicate"]


@pytest.mark.parametrize("engine", ["fused", "librosa"])
def test_extract(capsys, tmp_path, write_sound, engine):
    for number, emotion in enumerate(["angry", "sad", "angry"]):
        write_sound(f"d/{emotion}/{number}.wav", seed=number)
    (tmp_path / "d" / "sad" / "x.wav").write_text("no sound")
    out = tmp_path / "f.npz"
    found = json_of(
        capsys, "extract", str(tmp_path / "d"), "--out", str(out), "--engine", engine, "--jobs", "1", code=1
    )
    assert set(found) == {
        *("clips", "failed", "cached", "seconds", "clips_per_second", "engine", "backend", "jobs", "peak_memory_mb")
    }
    assert (found["clips"], found["failed"], found["cached"], found["engine"]) == (4, 1, 0, engine)
    with np.load(out, allow_pickle=False) as saved:
        assert saved["X"].shape == (3, 500, 13)
        assert saved["X"].dtype == np.float32
        assert saved["emotion"].tolist() == ["angry", "angry", "sad"]
        assert saved["speaker"].tolist() == ["", "", ""]
        assert [Path(name).name for name in saved["path"]] == ["0.wav", "2.wav", "1.wav"]
        assert saved["path"].dtype.kind == "U"
    again = json_of(capsys, "extract", str(tmp_path / "d"), "--out", str(out), "--engine", engine, code=1)
    assert again["cached"] == 3
    fresh = json_of(capsys, "extract", str(tmp_path / "d"), "--out", str(out), "--no-cache", code=1)
    assert fresh["cached"] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "f.npz"]


def test_extract_log_mel(capsys, tmp_path, write_sound):
    write_sound("d/angry/1.wav")
    json_of(capsys, "extract", str(tmp_path / "d"), "--out", str(tmp_path / "f.npz"), "--features", "logmel")
    with np.load(tmp_path / "f.npz") as saved:
        assert saved["X"].shape == (1, 500, 64)


def test_silence_is_left_out_but_is_no_failure(capsys, tmp_path, write_sound):
    import soundfile

    write_sound("d/angry/1.wav")
    soundfile.write(tmp_path / "d" / "angry" / "silent.wav", np.zeros(16_000), 16_000)
    found = json_of(capsys, "extract", str(tmp_path / "d"), "--out", str(tmp_path / "f.npz"))
    assert (found["clips"], found["failed"]) == (2, 1)


@pytest.mark.parametrize("backend", ["dask", "ray"])
def test_a_missing_backend_is_refused_with_its_installation(capsys, tmp_path, backend, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _module: None)
    code, _, err = call(capsys, "extract", ENGLISH, "--out", str(tmp_path / "f.npz"), "--backend", backend)
    assert code == 2
    assert f"the backend {backend} needs a library that is not installed. Run: pip install" in one_line(err)


def test_train_evaluate_predict(capsys, tmp_path):
    run = tmp_path / "run.v1"
    found = json_of(
        capsys, "train", ENGLISH, "--epochs", "3", "--folds", "3", "--run", str(run), "--split", "speaker"
    )
    assert found["run"] == str(run)
    assert {"uar", "accuracy", "f1_weighted", "f1_macro", "per_class", "confusion", "intervals", "leaks"} <= set(
        found
    )
    assert set(found["intervals"].values()) == {None}
    assert load_model(run / "model.onnx").card.labels == tuple(found["labels"])
    evaluated = json_of(capsys, "evaluate", str(run), GERMAN)
    assert evaluated["n_test"] == json_of(capsys, "scan", GERMAN)["usable"]
    assert [leak["found"] for leak in evaluated["leaks"]] == [False, False]
    again = json_of(capsys, "evaluate", str(run / "model.onnx"), ENGLISH)
    assert [leak["found"] for leak in again["leaks"]] == [True, True]
    renamed = shutil.copytree(ENGLISH, tmp_path / "other.name")
    (renamed / "manifest.csv").write_text(
        (renamed / "manifest.csv").read_text(encoding="utf-8").replace("demo-english", "other"), encoding="utf-8"
    )
    copied = json_of(capsys, "evaluate", str(run), str(renamed))
    assert copied["leaks"][1]["found"] is True
    clip = next(Path(GERMAN).rglob("*.ogg"))
    answer = json_of(capsys, "predict", str(clip), "--model", str(run))
    assert answer["model"] == str(run)
    assert answer["clips"][0]["path"] == str(clip)
    code, _, err = call(capsys, "train", ENGLISH, "--run", str(run))
    assert code == 1
    assert "holds a run already" in one_line(err)


def test_resuming_with_other_options_or_twice_is_refused(capsys, tmp_path):
    run = create_run(TrainingSettings(data=(ENGLISH,)).to_config(), tmp_path / "run")
    code, _, err = call(capsys, "train", "--resume", str(run.folder), "--seed", "7")
    assert (code, "--seed" in one_line(err)) == (2, True)
    run.write_state("running")
    code, _, err = call(capsys, "train", "--resume", str(run.folder))
    assert (code, "under way" in one_line(err)) == (1, True)


def test_clips_left_out_are_named(capsys, tmp_path, write_sound):
    write_sound("d/angry/1.wav")
    (tmp_path / "d" / "angry" / "broken.wav").write_text("no sound")
    code, _, err = call(capsys, "extract", str(tmp_path / "d"), "--out", str(tmp_path / "f.npz"))
    assert code == 1
    assert "broken.wav" in err


def test_names_that_a_terminal_cannot_show(tmp_path, write_sound):
    clip = write_sound("日本 ü.wav", seconds=1)
    for option in ("--json", "--csv"):
        done = subprocess.run(
            [sys.executable, "-m", "aec", "predict", str(clip), option],
            capture_output=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert b"emotion" in done.stdout


def test_interrupted_at_once(tmp_path):
    root = Path(__file__).parents[2]
    for delay in (0.05, 0.15, 0.4, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "aec", "scan", ENGLISH], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        # Until Python itself is up, its own answer is all there is; ours has no traceback.
        assert process.returncode in {0, 130} or b"aec/cli" not in err, err


@pytest.mark.parametrize("model", ["cnn", "rnn", "crnn"])
def test_networks_without_pytorch_say_what_to_install(capsys, monkeypatch, model):
    monkeypatch.setattr("aec.models.torch_presence.torch_is_there", lambda: False)
    code, _, err = call(capsys, "train", ENGLISH, "--model", model)
    assert code == 1
    assert model in one_line(err)
    assert "pip install -r requirements-deep.txt" in one_line(err)


def test_predict_with_the_bundled_model(capsys, tmp_path, write_sound):
    good, bad = write_sound("ä b.wav", seconds=2), tmp_path / "bad.wav"
    bad.write_text("text")
    found = json_of(capsys, "predict", str(good), str(bad), str(tmp_path / "gone.mp3"), code=1)
    first, second, third = found["clips"]
    assert set(first) == {
        *("path", "emotion", "unsure", "second", "confidence", "probabilities", "duration_s", "notes")
    }
    assert second["error"]["kind"] == "unreadable"
    assert set(second["error"]) == {"kind", "message", "remedy"}
    assert third["error"]["kind"] == "missing"


def test_predictions_are_compared_with_the_emotions_in_names(capsys, tmp_path, write_sound):
    for number in range(4):
        write_sound(f"clips/sad/{number}.wav", seed=number)
    assert main(["predict", str(tmp_path / "clips")]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert " of 4 clips whose names carry an emotion are predicted correctly" in last


def test_predict_as_csv_and_as_text(capsys, write_sound):
    clip = str(write_sound(seconds=6))
    code, out, _ = call(capsys, "predict", clip, "--csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert code == 0
    assert row["path"] == clip
    assert float(row[row["emotion"]]) == pytest.approx(float(row["confidence"]))
    assert json_of(capsys, "predict", clip)["clips"][0]["segments"][0]["start_s"] == 0
    code, out, _ = call(capsys, "predict", clip)
    assert code == 0
    assert f"{clip}: " in out


def test_window_and_hop_change_the_segments_alone(capsys, write_sound):
    clip = str(write_sound(seconds=9))
    usual, other = (
        json_of(capsys, "predict", clip, *options)["clips"][0] for options in ((), ("--window", "2", "--hop", "0.5"))
    )
    spans = [(segment["start_s"], segment["end_s"]) for segment in other["segments"]]
    assert spans == [(at / 2, at / 2 + 2) for at in range(15)]
    assert [segment["start_s"] for segment in usual["segments"]] == [0, 1.5, 3, 4.5, 6]
    assert set(other["segments"][0]) == {"start_s", "end_s", "emotion", "confidence", "probabilities"}
    assert {**usual, "segments": None} == {**other, "segments": None}
    half = json_of(capsys, "predict", clip, "--window", "4")["clips"][0]["segments"]
    assert [segment["start_s"] for segment in half] == [0, 2, 4, 5]
    short = json_of(capsys, "predict", str(write_sound("s.wav", seconds=3)), "--window", "2")["clips"][0]
    assert "segments" not in short


def test_stretches_are_printed(capsys, tmp_path, make_sound):
    import soundfile

    sound = np.concatenate([make_sound(4, 16_000), np.zeros((8 * 16_000, 1)), make_sound(4, 16_000)])
    soundfile.write(tmp_path / "a.wav", sound, 16_000)
    code, out, _ = call(capsys, "predict", str(tmp_path / "a.wav"), "--window", "2", "--hop", "1")
    assert code == 0
    stretches = [line.split(" s: ") for line in out.splitlines() if " s: " in line]
    assert stretches[0][0].startswith("  0.0 to ")
    assert stretches[-1][0].endswith(" to 16.0")
    assert ["  4.5 to 11.5", "pause"] in stretches
    for span, words in stretches:
        assert words == "pause" or words.endswith("%"), span
    segments = json_of(capsys, "predict", str(tmp_path / "a.wav"))["clips"][0]["segments"]
    assert None in [segment["emotion"] for segment in segments]


def test_a_folder_and_a_zip_are_predicted_too(capsys, write_sound, tmp_path):
    import zipfile

    clip = write_sound("d/1.wav", seconds=2)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.write(clip, "inside/1.wav")
    found = json_of(capsys, "predict", str(clip.parent), str(tmp_path / "a.zip"))
    assert [entry["path"] for entry in found["clips"]] == [str(clip), f"{tmp_path / 'a.zip'}/inside/1.wav"]
    assert found["clips"][0]["probabilities"] == found["clips"][1]["probabilities"]


BAD_DATA = {
    "nowhere": (["scan", "no/such/folder"], 1, "no/such/folder"),
    "label set": (["scan", ENGLISH, "--labels", "nine"], 2, "nine"),
    "no command": ([], 2, "COMMAND"),
    "no data": (["train"], 2, "DATA"),
    "split": (["train", ENGLISH, "--split", "odd"], 2, "odd"),
    "folds": (["train", ENGLISH, "--folds", "0"], 2, "folds"),
    "many folds": (["train", ENGLISH, "--folds", "99"], 1, "99 folds"),
    "seed": (["train", ENGLISH, "--seed", "-1"], 2, "seed"),
    "long name": (["predict", "x" * 300 + ".wav", "--model", "y" * 300], 1, "y" * 300),
    "epochs": (["train", ENGLISH, "--epochs", "0"], 2, "epochs"),
    "jobs": (["extract", ENGLISH, "--out", "x.npz", "--jobs", "0"], 2, "jobs"),
    "out": (["extract", ENGLISH, "--out", "no/such/f.npz"], 2, "no/such"),
    "model": (["predict", "x.wav", "--model", "no.onnx"], 1, "no.onnx"),
    "long window": (["predict", "x.wav", "--window", "20"], 2, "the window is 20 s long"),
    "short window": (["predict", "x.wav", "--window", "0.5"], 2, "the window is 0.5 s long"),
    "no window": (["predict", "x.wav", "--window", "nan"], 2, "the window is nan s long"),
    "wordy window": (["predict", "x.wav", "--window", "long"], 2, "--window"),
    "long hop": (["predict", "x.wav", "--window", "2", "--hop", "2.5"], 2, "the hop between windows is 2.5 s"),
    "short hop": (["predict", "x.wav", "--hop", "0.1"], 2, "0.25 s to the window's length (3 s) are expected"),
    "corpus": (["train", ENGLISH, "--split", "corpus:other"], 1, "other"),
    "run": (["train", "--resume", "no-run"], 1, "no-run"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_errors_are_one_plain_line(capsys, case, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    arguments, code, word = BAD_DATA[case]
    found, out, err = call(capsys, *arguments)
    assert found == code, err
    assert out == ""
    assert word in one_line(err)


def write_manifest(folder: Path, lines: list[str]) -> str:
    path = folder / "clips.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_unusable_training_data_is_refused(capsys, write_sound, tmp_path):
    for number in range(4):
        write_sound(f"{number}.wav", seed=number)
    one_class = write_manifest(tmp_path, ["path,emotion,speaker", *(f"{n}.wav,sad,s{n}" for n in range(4))])
    code, _, err = call(capsys, "train", one_class)
    assert (code, "only sad" in one_line(err)) == (1, True)
    one_speaker = write_manifest(
        tmp_path, ["path,emotion,speaker", *(f"{n}.wav,{'sad' if n % 2 else 'happy'},s" for n in range(4))]
    )
    code, _, err = call(capsys, "train", one_speaker)
    assert (code, "one speaker" in one_line(err)) == (1, True)
    unknown = write_manifest(tmp_path, ["path,emotion", *(f"{n}.wav,melancholic" for n in range(4))])
    code, _, err = call(capsys, "train", unknown)
    assert code == 1
    assert "melancholic" in err


def test_an_interrupted_training_is_130_and_keeps_its_best(tmp_path):
    run = tmp_path / "run"
    # So many epochs that the training cannot end before the signal, however busy the machine is.
    command = [sys.executable, "-m", "aec", "train", ENGLISH, "--epochs", "5000", "--run", str(run), "--json"]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and '"fold"' not in _text(run / "progress.jsonl"):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    report = json.loads(out)
    assert report["cancelled"] is True
    assert 1 <= report["folds_done"] <= report["folds"] == 5
    if report["folds_done"] < 5:
        assert f"{report['folds_done']} of 5 folds" in report["split_title"]
        assert "Warning: the figures are of" in err
    assert json.loads((run / "state.json").read_text())["state"] == "cancelled"
    load_model(run / "model.onnx")


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.corpora
def test_scan_of_the_real_corpora(capsys, corpora):
    folders = [str(corpora / name) for name in ("RAVDESS", "EmoDB", "TESS")]
    found = json_of(capsys, "scan", *folders, "--labels", "all")
    assert found["corpora"] == {"ravdess": 1200, "emodb": 408, "tess": 937}
    assert found["speakers"] == 30
    assert [problem["kind"] for problem in found["problems"]] == ["duplicate"]
    assert "Actor_07" in found["problems"][0]["path"]
    with_odd = json_of(capsys, "scan", *folders, str(corpora / "odd"), "--labels", "all")
    assert (with_odd["corpora"]["ravdess"], with_odd["corpora"]["tess"]) == (1201, 939)


@pytest.mark.corpora
def test_real_scores_hold_and_fall_for_unseen_speakers(capsys, corpora):
    """The baseline on real speech: good on a random split, worse on new speakers."""
    scores = {}
    for split in ("random", "speaker"):
        report = json_of(
            capsys, "train", str(corpora / "RAVDESS"), "--split", split, "--folds", "5", "--labels", "all"
        )
        scores[split] = report["accuracy"]
        assert report["leaks"][0]["found"] is (split == "random")
        assert report["n_test"] == 1200
    assert scores["random"] >= 0.60
    assert scores["speaker"] <= scores["random"] - 0.05
