"""What stands behind a score: the leak audit as a checklist, and what the model was trained on."""

from typing import Any

import msgspec
import streamlit as st

from aec.charts.words import counted, titled
from aec.errors import AecError
from aec.features import FeatureSpec
from aec.settings import Settings
from aec.ui.card_text import features_text
from aec.ui.run_records import RunRow
from aec.ui.run_words import without_folders
from aec.ui.text import duration_text, plain
from aec.ui.training.words import MODEL_TITLES

_MARKS = {
    True: ":orange[:material/warning:] **Leak**",
    False: ":green[:material/check_circle:] **Passed**",
    None: ":gray[:material/help:] **Unknown**",
}


def show_leaks(report: dict[str, Any], settings: Settings) -> None:
    """Show what was checked and what came of it, line by line."""
    st.caption("Ways in which test clips could have helped the training:")
    lines = [f"- {_MARKS[leak['found']]}: {_clean(str(leak['detail']), settings)}" for leak in report["leaks"]]
    st.markdown("\n".join(lines))


def show_facts(row: RunRow, report: dict[str, Any], settings: Settings) -> None:
    """Show what was trained on what, how, and what there is to know about it."""
    st.table(_facts(row, report), border="horizontal", alt="What was trained on what, and how")
    if report["notes"]:
        notes = "\n".join(f"- {_clean(str(note), settings)}" for note in report["notes"])
        st.markdown(f"**Good to know**\n\n{notes}")


def _facts(row: RunRow, report: dict[str, Any]) -> dict[str, str]:
    corpora = ", ".join(f"{name} ({counted(n, 'clip')})" for name, n in report["corpora"].items())
    facts = {
        "Corpora": corpora,
        "Speakers": f"{report['speakers']:,}",
        "Emotions": ", ".join(report["labels"]),
        "Protocol": titled(report["split_title"]),
        "Clips": f"{report['n_train']:,} to train on, {report['n_test']:,} tested",
        "Features": features_text(msgspec.convert(report["features"], FeatureSpec)),
        **_recipe(row),
        "Took": duration_text(report["seconds"]),
        "Data digest": str(report["data_digest"])[:16],
    }
    return {title: plain(text) for title, text in facts.items()}


def _recipe(row: RunRow) -> dict[str, str]:
    try:
        config = row.run.config()
        if config["model"] != "mlp":
            return _network_recipe(config)
        mlp = config["mlp"]
    except (AecError, KeyError):
        return {}
    layers = " and ".join(str(neurons) for neurons in mlp["hidden"])
    stop = "keeps the best validation epoch" if mlp["early_stopping"] else "stops when the loss no longer falls"
    return {
        "Network": f"MLP with layers of {layers} neurons",
        "Epochs": f"At most {mlp['max_epochs']:,}; {stop}",
        "Set aside": f"{mlp['validation_share']:.0%} of the training clips".replace("%", " %"),
        "Seed": str(mlp["seed"]),
    }


def _network_recipe(config: dict[str, Any]) -> dict[str, str]:
    network, team = config["network"], config["team"]
    stop = "keeps an epoch by validation" if network["early_stopping"] else "keeps the last one"
    facts = {
        "Network": MODEL_TITLES[config["model"]],
        "Epochs": f"At most {network['max_epochs']:,}; {stop}",
        "Batches": f"{counted(network['batch_size'], 'clip')} each",
        "Training clips": "Changed at random at each step" if network["augment"] else "As they are",
        "Set aside": f"{network['validation_share']:.0%} of the training clips".replace("%", " %"),
        "Seed": str(network["seed"]),
    }
    if team["workers"] > 1:
        facts["Processes"] = f"{team['workers']}, {team['parallel']} parallel"
    return facts


def _clean(text: str, settings: Settings) -> str:
    return plain(without_folders(text, settings))
