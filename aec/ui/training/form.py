"""Form of a training: controls, preview of the split, start button."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import streamlit as st

from aec.corpora.demo import is_demo
from aec.errors import AecError
from aec.models.network_settings import NetworkSettings, Team
from aec.models.torch_presence import INSTALL, torch_is_there
from aec.settings import Settings, read_settings, usable_cores
from aec.ui.corpus_controls import choose_corpora, choose_label_set
from aec.ui.offered_corpora import folders_of, offered_corpora
from aec.ui.run_records import OPEN_RUN
from aec.ui.run_words import without_folders
from aec.ui.submission import show_start
from aec.ui.text import plain
from aec.ui.training.limits import MAX_BATCH, MAX_EPOCHS, MAX_EPOCHS_IN_PUBLIC, MAX_SEED, check_limits
from aec.ui.training.split_preview import corpus_names, preview_split
from aec.ui.training.titles import FEATURE_TITLES, MODEL_TITLES, PARALLEL_TITLES, SPLIT_CAPTIONS, SPLIT_TITLES

if TYPE_CHECKING:
    from aec.models.mlp import MlpSettings
    from aec.training import TrainingSettings

# 0 is the default of the package: a list whose choice is None has a button to clear it.
FOLD_TITLES = {0: "Automatic: 5, or fewer", 1: "1: a single 80/20 split", 3: "3", 5: "5", 10: "10"}
_DEMO_LICENCE = "Trained on synthetic speech made by espeak-ng; the clips are CC0."


def show_form(settings: Settings) -> None:
    """Show the controls, what they amount to, and the button that starts."""
    offered = offered_corpora(settings)
    if not offered:
        st.info("There is nothing to train on. Install the program again: its demo corpora come with it.")
        return
    chosen = choose_corpora(offered, settings, "training-corpora")
    if not chosen:
        st.info("Choose one corpus or more.")
        return
    _show_start(_choose_and_preview(chosen, offered, settings))


def _choose_and_preview(
    corpora: Sequence[str], offered: Mapping[str, Path], settings: Settings
) -> "TrainingSettings | None":
    """Show the other controls and the preview; return None for unusable choices."""
    try:
        chosen = _choose(folders_of(corpora, offered), settings)
        with st.skeleton(height=72):
            check_limits(chosen, public=settings.public)
            preview = preview_split(chosen)
    except AecError as error:
        st.error(
            plain(without_folders(str(error), settings)),
            title="This cannot be trained",
            icon=":material/error:",
        )
        return None
    st.markdown(f"**{preview.totals}.** {preview.sentence}")
    if preview.notes:
        st.caption(plain(" ".join(preview.notes)))
    return chosen


def _choose(folders: tuple[str, ...], settings: Settings) -> "TrainingSettings":
    # Imported here: numpy and more load slowly.
    from aec.models.mlp import MlpSettings
    from aec.training import TrainingSettings, spec_for

    labels = choose_label_set("training-labels")
    model = _choose_model(settings)
    is_network = model != "mlp"
    features = st.segmented_control(
        "Features",
        list(FEATURE_TITLES),
        default="logmel" if is_network else "mfcc",
        required=True,
        format_func=FEATURE_TITLES.__getitem__,
        # What suits one kind of model need not suit the other: each remembers its own.
        key="training-network-features" if is_network else "training-features",
        persist_state="session",
        help="40 MFCCs a frame, or a log-mel spectrogram of 64 bands; clips of any length up to 24 s."
        if is_network
        else "The described system uses 13 MFCCs; the log-mel spectrogram is finer and larger.",
    )
    split, folds = _choose_split(folders, labels)
    seed = _number("Seed", 0, MAX_SEED, 0, "training-seed")
    network, team = NetworkSettings(), Team()
    with st.expander("Advanced", icon=":material/tune:"):
        recipe = _choose_recipe(network if is_network else MlpSettings(validation_share=0.1), seed, settings)
        if is_network:
            batch_size, augment = _choose_batches(network)
            team = _choose_team()
            # Made when all widgets are drawn: values that do not go together are refused here.
            network = NetworkSettings(**recipe, batch_size=batch_size, augment=augment)
    synthetic = [is_demo(folder) for folder in folders]
    return TrainingSettings(
        model=model,
        spec=spec_for(model, features),
        split=split,
        folds=folds,
        labels=labels,
        mlp=MlpSettings() if is_network else MlpSettings(**recipe),
        network=network,
        team=team,
        licences=(_DEMO_LICENCE,) if any(synthetic) else (),
        synthetic=all(synthetic),
        data=folders,
    )


def _choose_model(settings: Settings) -> str:
    there = torch_is_there() and not settings.public
    model = st.segmented_control(
        "Model",
        list(MODEL_TITLES) if there else ["mlp"],
        default="mlp",
        required=True,
        format_func=MODEL_TITLES.__getitem__,
        key="training-model",
        wrap=True,
        persist_state="session",
        help="The MLP is the described network and takes a minute; a convolutional (CNN), a recurrent (RNN) or a "
        "mixed network (CRNN) does better on real speech and takes many.",
    )
    if settings.public:
        st.caption("Networks (CNN, RNN, CRNN) take longer than is allowed here; train them on a machine of yours.")
    elif not there:
        st.caption(f"CNN, RNN and CRNN need PyTorch: `{INSTALL}`.")
    return str(model)


def _choose_split(folders: tuple[str, ...], labels: str) -> tuple[str, int | None]:
    kind = st.radio(
        "Test on",
        list(SPLIT_TITLES),
        format_func=SPLIT_TITLES.__getitem__,
        captions=list(SPLIT_CAPTIONS.values()),
        key="training-split",
        persist_state="session",
    )
    if kind == "corpus":
        name = st.selectbox("Corpus to test on", corpus_names(folders, labels), key="training-corpus")
        return f"corpus:{name}", None
    folds = st.selectbox(
        "Folds",
        list(FOLD_TITLES),
        format_func=lambda count: FOLD_TITLES.get(count, str(count)),
        key="training-folds",
        persist_state="session",
        help="Each fold trains a model of its own; the metrics are of all their predictions.",
    )
    return str(kind), folds or None


class _Recipe(TypedDict):
    """The settings that MLP and networks share."""

    max_epochs: int
    early_stopping: bool
    validation_share: float
    seed: int


def _choose_recipe(usual: "MlpSettings | NetworkSettings", seed: int, settings: Settings) -> _Recipe:
    is_network = isinstance(usual, NetworkSettings)
    key = "training-network" if is_network else "training"
    most = MAX_EPOCHS_IN_PUBLIC if settings.public else MAX_EPOCHS
    epochs = _number("Epochs at most", 1, most, min(usual.max_epochs, most), f"{key}-epochs")
    early = st.toggle(
        "Stop early",
        value=usual.early_stopping,
        key=f"{key}-early",
        persist_state="session",
        help=_EARLY_HELP[is_network],
    )
    share = round(100 * usual.validation_share)
    share = _number("Validation share (%)", 0, 30, share, f"{key}-share", _SHARE_HELP[is_network])
    return {"max_epochs": epochs, "early_stopping": early, "validation_share": share / 100, "seed": seed}


def _choose_batches(usual: NetworkSettings) -> tuple[int, bool]:
    batch_size = _number("Clips per batch", 1, MAX_BATCH, usual.batch_size, "training-batch")
    augment = st.toggle(
        "Change the training clips",
        value=usual.augment,
        key="training-augment",
        persist_state="session",
        help="Speed, voice, level, noise, blanked stretches and mixtures, anew at each step; after the split, "
        "and on the training clips alone.",
    )
    return batch_size, augment


def _choose_team() -> Team:
    if usable_cores() < 2:
        return Team()
    workers = _number("Processes", 1, usable_cores(), 1, "training-workers", _WORKERS_HELP)
    if workers == 1:
        return Team()
    parallel = st.radio(
        "They share",
        list(PARALLEL_TITLES),
        format_func=PARALLEL_TITLES.__getitem__,
        key="training-parallel",
        persist_state="session",
    )
    return Team(workers, str(parallel))


# By whether it is a network.
_EARLY_HELP = {
    False: "Keeps the epoch with the best UAR on clips that are set aside from the training clips.",
    True: "Keeps the latest epoch that is as good as the best on training speakers who are set aside; test "
    "clips are never used.",
}
_SHARE_HELP = {
    False: "Of the training clips, to draw the validation curve and to stop early. 0, as in the described recipe, "
    "trains on all of them, without that curve. Test clips are never used.",
    True: "Of the training speakers, to draw the validation curve and to stop early; 0, which needs “Stop early” "
    "off, trains on all of them.",
}
_WORKERS_HELP = (
    "One process uses all cores already. More of them, each on its share of the cores, give the same numbers and "
    "show what sharing costs; on several GPUs they pay."
)


def _number(label: str, low: int, high: int, value: int, key: str, about: str | None = None) -> int:
    # Fields for numbers forget what they hold when another page is opened; this keeps it for the session.
    kept = f"{key}-kept"
    st.session_state.setdefault(key, min(max(st.session_state.get(kept, value), low), high))
    st.session_state[kept] = int(st.number_input(label, low, high, step=1, key=key, help=about))
    return int(st.session_state[kept])


def _show_start(chosen: "TrainingSettings | None") -> None:
    show_start(
        "Start training",
        "training",
        chosen,
        None if chosen is None else partial(_checked_config, chosen),
        failure="The training could not be started",
        button_key="training-start",
        open_key=OPEN_RUN,
    )


def _checked_config(chosen: "TrainingSettings") -> dict[str, object]:
    check_limits(chosen, public=read_settings().public)
    return chosen.to_config()
