"""How the bundled model is made: nobody is tested whom the model has heard, and figures are what they say."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
import soundfile

from aec.corpora.demo import SAMPLE_VOICES
from aec.emotions import LABEL_SETS
from aec.models.model_file import load_model
from aec.prediction.predictor import predict_source
from tools.bundled import plan
from tools.bundled.plan import CORPORA, TESS_CLIPS, parts_of
from tools.bundled.sounds import random_version

LABELS = LABEL_SETS["seven"]
HEARD = (*(f"demo-english/en0{n}" for n in range(1, 5)), "demo-german/de01", "demo-german/de02")


def table_of(speakers={"ravdess": 20, "emodb": 8, "tess": 2}, clips=6):  # noqa: B006 - read only
    rows = [
        {"corpus": corpus, "speaker": f"{corpus}/{number:02d}", "emotion": emotion}
        for corpus, count in speakers.items()
        for number in range(count)
        for emotion in LABELS
        for _ in range(clips if corpus != "tess" else TESS_CLIPS + 5)
    ]
    demo = [{"corpus": voice.split("/")[0], "speaker": voice, "emotion": "sad"} for voice in HEARD]
    return pd.DataFrame(rows + demo)


def test_nobody_is_tested_whom_the_model_has_heard():
    table = table_of()
    parts = parts_of(table)
    assert [part.name for part in parts] == [
        *(f"fold{n}" for n in range(1, 6)),
        *(f"without-{name}" for name in CORPORA),
        "all",
    ]
    for part in parts:
        heard, asked = (set(table["speaker"].iloc[rows]) for rows in (part.train, part.test))
        assert not heard & asked
        assert not set(HEARD) & asked
        assert len(set(part.train)) == len(part.train)
    tested = [speaker for part in parts[:5] for speaker in set(table["speaker"].iloc[part.test])]
    assert sorted(tested) == sorted({name for name in table["speaker"] if name.split("/")[0] in CORPORA})
    for name, part in zip(CORPORA, parts[5:8], strict=True):
        assert set(table["corpus"].iloc[part.test]) == {name}
        assert name not in set(table["corpus"].iloc[part.train])


def test_in_every_fold_the_speakers_of_each_corpus_are_shared_out_evenly():
    table = table_of()
    for number, part in enumerate(parts_of(table)[:5]):
        who = table.iloc[part.test].drop_duplicates("speaker")["corpus"].value_counts()
        assert who["ravdess"] == 4
        assert who["emodb"] in {1, 2}
        assert who.get("tess", 0) == (number < 2)


def test_of_tess_a_share_is_learned_from_and_all_is_tested():
    table = table_of()
    *_, everything = parts_of(table)
    taught = table.iloc[everything.train]
    counts = taught[taught["corpus"] == "tess"].groupby(["speaker", "emotion"]).size()
    assert set(counts) == {TESS_CLIPS}
    assert len(parts_of(table)[7].test) == (table["corpus"] == "tess").sum()


@pytest.mark.parametrize("rate", [8_000, 24_414, 48_000])
def test_random_versions_are_sound_and_always_the_same(rate):
    x = np.random.default_rng(0).normal(0, 0.1, 2 * rate).astype(np.float32)
    seen = set()
    for seed in range(30):
        (one, one_rate), (two, _) = (random_version(x, rate, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(one, two)
        assert np.isfinite(one).all()
        assert one.size > one_rate
        seen.add((one.size, one_rate, float(one[100])))
    assert len(seen) > 20


def test_robustness_and_confidence_are_counted():
    pytest.importorskip("torch")
    from tools.bundled import figures
    from tools.bundled.sounds import TESTED

    table = table_of(clips=2)
    rows = np.random.default_rng(0).permutation(np.flatnonzero(table["corpus"].isin(CORPORA)))
    truth = table["emotion"].iloc[rows].map(LABELS.index).to_numpy()
    right = np.full((len(rows), len(LABELS)), 0.1 / 6)
    right[np.arange(len(rows)), truth] = 0.9
    probabilities = np.repeat(right[:, None], len(TESTED), axis=1)
    # Under the third degradation every sad clip is taken for an angry one.
    sad = truth == LABELS.index("sad")
    probabilities[sad, 3] = np.roll(right[sad], LABELS.index("angry") - LABELS.index("sad"), axis=1)
    answers = figures.Answers(rows, np.arange(len(rows)) % 5, np.log(probabilities))
    found = figures.robustness(table, answers)
    assert [row["name"] for row in found] == list(TESTED)
    assert [row["kept"] for row in found] == [1.0, 1.0, 1.0, pytest.approx(6 / 7, abs=1e-4), *[1.0] * 5]
    assert figures.by_corpus(table, answers)["tess"]["interval"] is None
    worth = figures.confidence(probabilities[:, 3], truth)
    assert worth["risk_coverage"][0]["risk"] == pytest.approx(sad.mean(), abs=1e-3)
    assert worth["calibration_error"] == pytest.approx(abs(0.9 - (~sad).mean()), abs=0.03)
    calibrated, temperature = figures.calibrated(answers, truth)
    # All of the clean answers were right: more confidence is due, as far as it goes.
    assert temperature == pytest.approx(0.5, abs=0.01)
    assert calibrated[:, 0].max(axis=1).min() > 0.9


def write_corpora(folder):
    rng = np.random.default_rng(0)
    codes = {"angry": ("05", "W"), "sad": ("04", "T"), "happy": ("03", "F")}
    names = [f"RAVDESS/03-01-{code}-01-01-01-{actor:02d}.wav" for code, _ in codes.values() for actor in range(1, 6)]
    names += [f"EmoDB/{speaker:02d}a01{code}a.wav" for _, code in codes.values() for speaker in (3, 8, 9, 10, 11)]
    names += [f"TESS/{voice}_back_{emotion}.wav" for voice in ("OAF", "YAF") for emotion in codes]
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.normal(0, 0.05, 16_000), 16_000)


def test_the_command_makes_a_model_with_its_card_and_goes_on_where_it_was_ended(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    from aec.models.network_settings import NetworkSettings
    from tools import make_bundled_model
    from tools.bundled.members import Member

    write_corpora(tmp_path / "corpora")
    tiny = NetworkSettings(max_epochs=1, early_stopping=False, validation_share=0.0, width=8, batch_size=16)
    monkeypatch.setattr(Member, "settings", tiny)
    monkeypatch.setattr(plan, "SAMPLE_VOICES", (*SAMPLE_VOICES, *HEARD))
    monkeypatch.setenv("AEC_JOBS", "1")
    where = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "model.onnx"), "--members", "kernel:0,rnn:1"]
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path / "corpora"), *where, "--parts", "fold1"])
    make_bundled_model.main()
    assert not (tmp_path / "model.onnx").exists()
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path / "corpora"), *where])
    capsys.readouterr()
    make_bundled_model.main()
    said = capsys.readouterr().out
    assert "rnn-1-fold1: epoch" not in said
    assert "kernel-0-fold1" not in said
    assert "rnn-1-fold2: epoch" in said
    assert "kernel-0-fold2: learned from" in said
    assert "| MP3 at 48 kbit/s |" in said
    model = load_model(tmp_path / "model.onnx")
    card = model.card
    assert (card.family, card.labels, card.training.clips) == ("ensemble", LABELS, 36)
    assert len(card.extra["robustness"]) == 9
    assert set(card.extra["unheard_corpora"]) == set(CORPORA)
    assert json.loads(card.to_json())["extra"]["members"] == ["kernel-0", "rnn-1"]
    answer = predict_source(model, tmp_path / "corpora" / "TESS" / "OAF_back_sad.wav")
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
