"""Every choice that the form or the shell offers can be trained: a new one joins these tests by itself."""

import numpy as np
import pandas as pd
import pytest
from choices import every_combination, every_pair, offered_by_the_shell
from msgspec.structs import replace

from aec.corpora import scan
from aec.corpora.demo import DEMO_FOLDERS
from aec.emotions import LABEL_SETS
from aec.models.mlp import MlpSettings
from aec.models.model_file import load_model
from aec.models.network_settings import NETWORKS, NetworkSettings
from aec.models.torch_presence import torch_is_there
from aec.runs.run import create_run
from aec.training import TrainingSettings, spec_for, train
from aec.ui.training.form import FOLD_TITLES
from aec.ui.training.titles import FEATURE_TITLES, MODEL_TITLES, SPLIT_TITLES

CHOICES = {
    "model": tuple(MODEL_TITLES),
    "features": tuple(FEATURE_TITLES),
    "labels": tuple(LABEL_SETS),
    "split": tuple(SPLIT_TITLES),
    "folds": tuple(FOLD_TITLES),
    "early_stopping": (False, True),
}
# Folds of one corpus against the rest are given, and early stopping is a matter of the model alone.
ALL = [
    each
    for each in every_combination({**CHOICES, "early_stopping": (True,)})
    if each["split"] != "corpus" or each["folds"] == CHOICES["folds"][0]
]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Twenty clips: every demo speaker angry and happy, the fewest that ten folds of either split need."""
    folder = tmp_path_factory.mktemp("clips")
    for root in DEMO_FOLDERS.values():
        rows = pd.read_csv(root / "manifest.csv").drop_duplicates(["speaker", "emotion"])
        chosen = rows[rows["emotion"].isin(["angry", "happy"])]
        manifest = folder / root.name / "manifest.csv"
        manifest.parent.mkdir()
        chosen.assign(path=[root / path for path in chosen["path"]]).to_csv(manifest, index=False)
    found = scan(sorted(folder.glob("*/manifest.csv")), labels="all", cache=folder / "clips.sqlite")
    assert len(found.usable_table) == 20
    return found


def settings_for(model, features, labels, split, folds, early_stopping):
    shared = {"max_epochs": 1, "early_stopping": early_stopping, "validation_share": 0.25 if early_stopping else 0.0}
    return TrainingSettings(
        model=model,
        spec=spec_for(model, features),
        split="corpus:demo-german" if split == "corpus" else split,
        folds=None if split == "corpus" else folds or None,
        labels=labels,
        mlp=MlpSettings(hidden=(16,), **shared),
        network=replace(NetworkSettings(**shared), width=4),
    )


def train_one(clips, choice):
    if choice["model"] in NETWORKS and not torch_is_there():
        pytest.skip("PyTorch is not installed")
    settings = settings_for(**choice)
    run = create_run(settings.to_config())
    report = train(clips.with_labels(settings.labels), settings, run, jobs=1)
    assert run.state().name == "finished"
    assert report.is_complete
    assert np.sum(report.confusion) == report.n_test
    assert load_model(run.model_path).card.metrics["uar"] == pytest.approx(report.uar)


def title(choice):
    return "-".join(str(value) for value in choice.values())


def test_shell_and_form_offer_the_same():
    assert offered_by_the_shell("train", "--model") == CHOICES["model"]
    assert offered_by_the_shell("train", "--features") == CHOICES["features"]
    assert offered_by_the_shell("train", "--labels") == CHOICES["labels"]
    assert offered_by_the_shell("train", "--split") == CHOICES["split"]


@pytest.mark.parametrize("choice", every_pair(CHOICES), ids=title)
def test_every_pair_of_choices_can_be_trained(clips, choice):
    train_one(clips, choice)


@pytest.mark.slow
@pytest.mark.parametrize("choice", ALL, ids=title)
def test_every_combination_of_choices_can_be_trained(clips, choice):
    train_one(clips, choice)
