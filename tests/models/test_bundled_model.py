"""Maker of the bundled model: splits, augmentation, card metrics, command."""

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
from tools.bundled import splits
from tools.bundled.splits import CORPORA, TESS_CLIPS, trainings_of
from tools.bundled.variants import augmented

LABELS = LABEL_SETS["seven"]
DEMO_VOICES = (*(f"demo-english/en0{n}" for n in range(1, 5)), "demo-german/de01", "demo-german/de02")


def table_of(speakers={"ravdess": 20, "emodb": 8, "tess": 2}, clips=6):  # noqa: B006 - read only
    rows = [
        {"corpus": corpus, "speaker": f"{corpus}/{number:02d}", "emotion": emotion}
        for corpus, count in speakers.items()
        for number in range(count)
        for emotion in LABELS
        for _ in range(clips if corpus != "tess" else TESS_CLIPS + 5)
    ]
    demo = [{"corpus": voice.split("/")[0], "speaker": voice, "emotion": "sad"} for voice in DEMO_VOICES]
    return pd.DataFrame(rows + demo)


def test_no_test_speaker_is_in_training():
    table = table_of()
    trainings = trainings_of(table)
    assert [training.name for training in trainings] == [
        *(f"fold{n}" for n in range(1, 6)),
        *(f"without-{name}" for name in CORPORA),
        "all",
    ]
    for training in trainings:
        trained, tested = (set(table["speaker"].iloc[rows]) for rows in (training.train, training.test))
        assert not trained & tested
        assert not set(DEMO_VOICES) & tested
        assert len(set(training.train)) == len(training.train)
    tested = [speaker for training in trainings[:5] for speaker in set(table["speaker"].iloc[training.test])]
    assert sorted(tested) == sorted({name for name in table["speaker"] if name.split("/")[0] in CORPORA})
    for name, training in zip(CORPORA, trainings[5:8], strict=True):
        assert set(table["corpus"].iloc[training.test]) == {name}
        assert name not in set(table["corpus"].iloc[training.train])


def test_the_speakers_of_each_corpus_are_spread_evenly_over_the_folds():
    table = table_of()
    for number, training in enumerate(trainings_of(table)[:5]):
        who = table.iloc[training.test].drop_duplicates("speaker")["corpus"].value_counts()
        assert who["ravdess"] == 4
        assert who["emodb"] in {1, 2}
        assert who.get("tess", 0) == (number < 2)


def test_a_share_of_tess_is_trained_on_and_all_is_tested():
    table = table_of()
    *_, everything = trainings_of(table)
    trained_on = table.iloc[everything.train]
    counts = trained_on[trained_on["corpus"] == "tess"].groupby(["speaker", "emotion"]).size()
    assert set(counts) == {TESS_CLIPS}
    assert len(trainings_of(table)[7].test) == (table["corpus"] == "tess").sum()


@pytest.mark.parametrize("rate", [8_000, 24_414, 48_000])
def test_augmentations_are_finite_and_reproducible(rate):
    x = np.random.default_rng(0).normal(0, 0.1, 2 * rate).astype(np.float32)
    seen = set()
    for seed in range(30):
        (one, one_rate), (two, _) = (augmented(x, rate, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(one, two)
        assert np.isfinite(one).all()
        assert one.size > one_rate
        seen.add((one.size, one_rate, float(one[100])))
    assert len(seen) > 20


def test_robustness_and_confidence():
    pytest.importorskip("torch")
    from tools.bundled import card_metrics
    from tools.bundled.variants import TESTED_VARIANTS

    table = table_of(clips=2)
    rows = np.random.default_rng(0).permutation(np.flatnonzero(table["corpus"].isin(CORPORA)))
    truth = table["emotion"].iloc[rows].map(LABELS.index).to_numpy()
    right = np.full((len(rows), len(LABELS)), 0.1 / 6)
    right[np.arange(len(rows)), truth] = 0.9
    probabilities = np.repeat(right[:, None], len(TESTED_VARIANTS), axis=1)
    # Under the third degradation every sad clip is taken for an angry one.
    sad = truth == LABELS.index("sad")
    probabilities[sad, 3] = np.roll(right[sad], LABELS.index("angry") - LABELS.index("sad"), axis=1)
    predictions = card_metrics.FoldPredictions(rows, np.arange(len(rows)) % 5, np.log(probabilities))
    found = card_metrics.robustness(table, predictions)
    assert [row["name"] for row in found] == list(TESTED_VARIANTS)
    assert [row["kept"] for row in found] == [1.0, 1.0, 1.0, pytest.approx(6 / 7, abs=1e-4), *[1.0] * 5]
    assert card_metrics.by_corpus(table, predictions)["tess"]["interval"] is None
    confidence = card_metrics.confidence(probabilities[:, 3], truth)
    assert confidence["risk_coverage"][0]["risk"] == pytest.approx(sad.mean(), abs=1e-3)
    assert confidence["calibration_error"] == pytest.approx(abs(0.9 - (~sad).mean()), abs=0.03)
    calibrated, temperature = card_metrics.calibrated(predictions, truth)
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


def test_the_command_makes_a_model_with_its_card_and_continues_after_an_interruption(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    from aec.models.network_settings import NetworkSettings
    from tools import make_bundled_model
    from tools.bundled.members import Member

    write_corpora(tmp_path / "corpora")
    tiny = NetworkSettings(max_epochs=1, early_stopping=False, validation_share=0.0, width=8, batch_size=16)
    monkeypatch.setattr(Member, "settings", tiny)
    monkeypatch.setattr(splits, "SAMPLE_VOICES", (*SAMPLE_VOICES, *DEMO_VOICES))
    monkeypatch.setenv("AEC_JOBS", "1")
    where = ["--work", str(tmp_path / "work"), "--out", str(tmp_path / "model.onnx"), "--members", "kernel:0,rnn:1"]
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path / "corpora"), *where, "--parts", "fold1"])
    make_bundled_model.main()
    assert not (tmp_path / "model.onnx").exists()
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path / "corpora"), *where])
    capsys.readouterr()
    make_bundled_model.main()
    printed = capsys.readouterr().out
    assert "rnn-1-fold1: epoch" not in printed
    assert "kernel-0-fold1" not in printed
    assert "rnn-1-fold2: epoch" in printed
    assert "kernel-0-fold2: trained on" in printed
    assert "| MP3 at 48 kbit/s |" in printed
    model = load_model(tmp_path / "model.onnx")
    card = model.card
    assert (card.family, card.labels, card.training.clips) == ("ensemble", LABELS, 36)
    assert len(card.extra["robustness"]) == 9
    assert set(card.extra["unheard_corpora"]) == set(CORPORA)
    assert json.loads(card.to_json())["extra"]["members"] == ["kernel-0", "rnn-1"]
    answer = predict_source(model, tmp_path / "corpora" / "TESS" / "OAF_back_sad.wav")
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
