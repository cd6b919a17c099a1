"""Run folders as a training leaves them, for the tests of the training page and the job panel."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import to_builtins
from msgspec.structs import asdict, replace

from aec.corpora.demo import DEMO_FOLDERS
from aec.evaluation.metrics import ClipPrediction, LeakFinding, evaluate
from aec.features import FeatureSpec
from aec.runs.index import RunIndex
from aec.runs.run import Run, create_run
from aec.settings import read_settings
from aec.training import TrainingReport, TrainingSettings

LABELS = ("angry", "sad", "neutral")


def answers(right: float, speakers: int = 8, clips: int = 12, seed: int = 0, where: str = "") -> list[ClipPrediction]:
    """Predictions of the clips of some speakers, right for about that share of them."""
    rng = np.random.default_rng(seed)
    folder = where or str(DEMO_FOLDERS["demo-english"])
    made = []
    for number in range(speakers * clips):
        emotion = LABELS[number % 3]
        wrong = LABELS[(number + 1) % 3]
        predicted = emotion if rng.random() < right else wrong
        speaker = f"demo-english/s{number // clips}"
        path = f"{folder}/{speaker}/{number:03}.flac"
        confidence = round(0.5 + 0.005 * (number % 90), 4)
        made.append(
            ClipPrediction(path=path, emotion=emotion, predicted=predicted, confidence=confidence, speaker=speaker)
        )
    return made


def make_report(predictions: list[ClipPrediction], **changes: Any) -> TrainingReport:
    """Return a report on some predictions."""
    truth, predicted = (
        np.array([LABELS.index(getattr(clip, field)) for clip in predictions]) for field in ("emotion", "predicted")
    )
    speakers = np.array([clip.speaker for clip in predictions], dtype=object)
    fields = {
        **asdict(evaluate(truth, predicted, LABELS, speakers)),
        "model": "mlp",
        "split": "speaker",
        "split_title": "unseen speakers, 5 folds",
        "folds": 5,
        "folds_done": 5,
        "n_train": len(predictions),
        "n_test": len(predictions),
        "leaks": (
            LeakFinding(kind="speakers_on_both_sides", found=False, detail="No speaker is on both sides."),
            LeakFinding(kind="identical_audio_on_both_sides", found=None, detail="Cannot be checked."),
        ),
        "corpora": {"demo-english": len(predictions)},
        "speakers": len(set(speakers)),
        "data_digest": "0123456789abcdef0123",
        "features": FeatureSpec(),
        "predictions": tuple(predictions),
        "seconds": 12.3,
        "version": 2,
    }
    return TrainingReport(**{**fields, **changes})


def make_run(number: int = 1, data: Path | None = None, owner: str = "") -> Run:
    """Return a run that waits."""
    source = data or DEMO_FOLDERS["demo-english"]
    config = {**TrainingSettings(data=(str(source),)).to_config(), "owner": owner}
    return create_run(config, read_settings().home / "runs" / f"2026112{number}-100000-mlp-{number:04}")


def finish(run: Run, report: TrainingReport, state: str = "finished") -> Run:
    """Bring a run to its end."""
    add_epochs(run, 3)
    run.write_report(to_builtins(replace(report, run=str(run.folder))))
    run.model_path.write_bytes(b"a model")
    run.write_state(state)
    return run


def start(run: Run, owner: str = "") -> Run:
    """Let this very process be the one that carries a run out."""
    run.write_state("running")
    RunIndex(read_settings().home).add(run.id, "mlp", owner, state="running")
    return run


def add_epochs(run: Run, count: int, fold: int = 1) -> None:
    """Write progress as a training does."""
    for epoch in range(1, count + 1):
        where = {"stage": "fold", "fold": fold, "folds": 5, "epoch": epoch, "epochs": 10}
        run.add_progress({**where, "loss": 1 / epoch, "validation_uar": 0.1 * epoch})


def config_of(run: Run) -> dict[str, Any]:
    return dict(json.loads((run.folder / "config.json").read_text()))
