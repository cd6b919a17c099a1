"""Tabs "Leak audit" and "About" of a report."""

import streamlit as st

from aec.charts.words import counted, titled
from aec.errors import AecError
from aec.models.mlp import MlpSettings
from aec.settings import Settings
from aec.training import TrainingReport, TrainingSettings
from aec.ui.card_text import features_text
from aec.ui.run_records import TrainingRow
from aec.ui.run_words import without_folders
from aec.ui.text import duration_text, plain
from aec.ui.training.titles import MODEL_TITLES

_MARKS = {
    True: ":orange[:material/warning:] **Leak**",
    False: ":green[:material/check_circle:] **Passed**",
    None: ":gray[:material/help:] **Unknown**",
}


def show_leaks(report: TrainingReport, settings: Settings) -> None:
    """Show the checks of the leak audit with their results."""
    st.caption("Ways in which test clips could have helped the training:")
    lines = [f"- {_MARKS[leak.found]}: {_clean(leak.detail, settings)}" for leak in report.leaks]
    st.markdown("\n".join(lines))


def show_facts(row: TrainingRow, report: TrainingReport, settings: Settings) -> None:
    """Show data, features and settings of a training, and its notes."""
    st.table(_facts(row, report), border="horizontal", alt="What was trained on what, and how")
    if report.notes:
        notes = "\n".join(f"- {_clean(note, settings)}" for note in report.notes)
        st.markdown(f"**Good to know**\n\n{notes}")


def _facts(row: TrainingRow, report: TrainingReport) -> dict[str, str]:
    corpora = ", ".join(f"{name} ({counted(n, 'clip')})" for name, n in report.corpora.items())
    facts = {
        "Corpora": corpora,
        "Speakers": f"{report.speakers:,}",
        "Emotions": ", ".join(report.labels),
        "Protocol": titled(report.split_title),
        "Clips": f"{report.n_train:,} to train on, {report.n_test:,} tested",
        "Features": features_text(report.features),
        **_recipe(row),
        "Took": duration_text(report.seconds),
        "Data digest": report.data_digest[:16],
    }
    return {title: plain(text) for title, text in facts.items()}


def _recipe(row: TrainingRow) -> dict[str, str]:
    try:
        settings = TrainingSettings.from_config(row.run.config())
    except AecError:
        return {}
    recipe = settings.recipe
    if isinstance(recipe, MlpSettings):
        layers = " and ".join(str(neurons) for neurons in recipe.hidden)
        stop = "keeps the best validation epoch" if recipe.early_stopping else "stops when the loss no longer falls"
        facts = {"Network": f"MLP with layers of {layers} neurons"}
    else:
        stop = "keeps an epoch by validation" if recipe.early_stopping else "keeps the last one"
        facts = {
            "Network": MODEL_TITLES[settings.model],
            "Batches": f"{counted(recipe.batch_size, 'clip')} each",
            "Training clips": "Changed at random at each step" if recipe.augment else "As they are",
        }
        if settings.team.workers > 1:
            facts["Processes"] = f"{settings.team.workers}, {settings.team.parallel} parallel"
    return {
        **facts,
        "Epochs": f"At most {recipe.max_epochs:,}; {stop}",
        "Set aside": f"{recipe.validation_share:.0%} of the training clips".replace("%", " %"),
        "Seed": str(recipe.seed),
    }


def _clean(text: str, settings: Settings) -> str:
    return plain(without_folders(text, settings))
