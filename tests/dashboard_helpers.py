"""Small models and corpora, and texts of a page, for tests of the dashboard."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import soundfile
from onnx import numpy_helper, parser
from streamlit.testing.v1 import AppTest

from aec.emotions import LABEL_SETS
from aec.features import FeatureSpec
from aec.models.card import ModelCard, TrainingData
from aec.models.model_file import save_model

ROOT = Path(__file__).parents[1]
LABELS = LABEL_SETS["seven"]
SCORES = {"uar": 0.58, "accuracy": 0.6, "f1_weighted": 0.59, "f1_macro": None}


def make_card(**changes: Any) -> ModelCard:
    values: dict[str, Any] = {
        "name": "Small model",
        "family": "mlp",
        "labels": LABELS,
        "features": (FeatureSpec(),),
        "training": TrainingData(
            corpora={"demo-english": 14, "demo-german": 14}, clips=28, speakers=4, synthetic=True
        ),
        "split": "unseen speakers, 5 folds",
        "metrics": SCORES,
        "intervals": {"uar": (0.52, 0.64), "accuracy": None, "f1_weighted": None, "f1_macro": None},
        "interval_note": "Bootstrapped over speakers.",
        "per_class": {"sad": {"precision": 0.5, "recall": 0.75, "f1": 0.6, "support": 4}},
        "unsure_below": 0.2,
        "licences": ("CC0: do as you like.",),
        "notes": ("Trained on [synthetic](speech) alone.",),
        "created": "2026-11-22T10:00:00+00:00",
    }
    return ModelCard(**{**values, **changes})


def save_small_model(path: Path, **changes: Any) -> Path:
    """Write a model whose scores depend on the mean of the frames."""
    rng = np.random.default_rng(1)
    body = """
        mean = ReduceMean <keepdims = 0> (features, axis)
        logits = Gemm(mean, weights, offsets)
        probabilities = Softmax <axis = -1> (logits)
    """
    arrays = {
        "axis": np.array([1], dtype=np.int64),
        "weights": rng.normal(0, 0.01, (13, len(LABELS))).astype(np.float32),
        "offsets": np.linspace(0, 1, len(LABELS), dtype=np.float32),
    }
    head = '<ir_version: 9, opset_import: ["": 18]> g (float[batch, time, 13] features, int64[batch] lengths)'
    graph = parser.parse_model(f"{head} => (float[batch, {len(LABELS)}] probabilities) {{ {body} }}")
    assert isinstance(graph, onnx.ModelProto)
    graph.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    save_model(path, graph, make_card(**changes))
    return path


def write_corpus(folder: Path, corpus: str, speakers: tuple[str, ...], make_sound: Callable[..., np.ndarray]) -> None:
    """Write one clip per speaker and emotion, with a manifest."""
    rows = []
    for number, speaker in enumerate(speakers):
        (folder / speaker).mkdir(parents=True)
        for at, emotion in enumerate(LABELS):
            path = f"{speaker}/{speaker}_{emotion}.flac"
            sound = make_sound(0.5 + 0.05 * at, 16_000, 100 * number + at + len(corpus))
            soundfile.write(folder / path, sound, 16_000)
            rows.append(
                {"path": path, "corpus": corpus, "emotion": emotion, "speaker": speaker, "sex": "f", "text": "A *b*."}
            )
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def texts(app: AppTest) -> str:
    """Return all texts of a page, joined."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "error", "warning", "info", "success")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def charts(app: AppTest) -> list[dict[str, Any]]:
    """Return the Plotly figures of a page, each with its alternative text."""
    return [{**json.loads(chart.proto.spec), "alt": chart.proto.alt} for chart in app.get("plotly_chart")]


def run_list(app: AppTest, label: str = "Run") -> Any:
    """Return the list of runs to choose from."""
    return next(box for box in app.selectbox if box.label == label)
