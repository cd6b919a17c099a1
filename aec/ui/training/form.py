"""What to train on and how to test it: the controls, the line that says who goes where, and the start."""

from dataclasses import replace

import streamlit as st

from aec.corpora.demo import DEMO_FOLDERS
from aec.emotions import LABEL_SETS
from aec.errors import AecError
from aec.models.deep.presence import INSTALL, torch_is_there
from aec.models.deep.settings import NetworkSettings
from aec.settings import Settings, read_settings, usable_cores
from aec.ui.messages import error_text
from aec.ui.offered_corpora import folders_of, offered_corpora
from aec.ui.run_records import OPEN_RUN
from aec.ui.run_words import without_folders
from aec.ui.submission import ONE_AT_A_TIME, must_wait, show_refusal, start_job, still_goes_on
from aec.ui.text import plain
from aec.ui.training.choices import (
    FEATURES,
    MAX_BATCH,
    MAX_EPOCHS,
    MAX_EPOCHS_IN_PUBLIC,
    MAX_SEED,
    Choices,
    config_of,
)
from aec.ui.training.plan import corpus_names, plan_split
from aec.ui.training.words import (
    FEATURE_TITLES,
    MODEL_TITLES,
    PARALLEL_TITLES,
    SPLIT_CAPTIONS,
    SPLIT_TITLES,
    plan_sentence,
    plan_total,
)

_PROBLEM = "training-problem"
_STARTED = "training-started"
# 0 stands for the choice of the package: a list whose choice is None offers to clear it.
FOLD_TITLES = {0: "Automatic: 5, or fewer", 1: "1: a single 80/20 split", 3: "3", 5: "5", 10: "10"}


def show_form(settings: Settings) -> None:
    """Show the controls, what they amount to, and the button that starts."""
    offered = offered_corpora(settings)
    if not offered:
        st.info("There is nothing to train on. Install the program again: its demo corpora come with it.")
        return
    chosen = st.pills(
        "Corpora",
        list(offered),
        selection_mode="multi",
        default=[name for name in DEMO_FOLDERS if name in offered],
        key="training-corpora",
        wrap=True,
        persist_state="session",
        help=None if settings.public else "The demo corpora, and the folders of sound under AEC_DATA.",
    )
    if not chosen:
        st.info("Choose one corpus or more.")
        return
    try:
        choices = _choose(folders_of(chosen, offered), settings)
    except AecError as error:
        st.error(
            plain(without_folders(str(error), settings)),
            title="These corpora cannot be used",
            icon=":material/error:",
        )
        return
    ready = _show_plan(choices, settings)
    _show_start(choices, settings, ready=ready)


def _choose(folders: tuple[str, ...], settings: Settings) -> Choices:
    labels = st.segmented_control(
        "Label set",
        list(LABEL_SETS),
        default="seven",
        required=True,
        format_func=str.capitalize,
        key="training-labels",
        persist_state="session",
        help="Seven is the set of the usual corpora, five that of IEMOCAP; all keeps every emotion.",
    )
    model = _choose_model(settings)
    network = model != "mlp"
    features = st.segmented_control(
        "Features",
        FEATURES,
        default="logmel" if network else "mfcc",
        required=True,
        format_func=FEATURE_TITLES.__getitem__,
        # What suits one kind of model need not suit the other: each remembers its own.
        key="training-network-features" if network else "training-features",
        persist_state="session",
        help="40 MFCCs a frame, or a log-mel spectrogram of 64 bands; clips of any length up to 24 s."
        if network
        else "13 MFCCs are what the described system hears; the log-mel spectrogram is finer and larger.",
    )
    split, folds = _choose_split(folders, labels)
    seed = _number("Seed", 0, MAX_SEED, 0, "training-seed")
    if network:
        usual = NetworkSettings()
        recipe = (usual.max_epochs, usual.early_stopping, usual.validation_share, model)
        return _choose_network_details(Choices(folders, labels, features, split, folds, seed, *recipe))
    base = Choices(folders, labels, features, split, folds, seed, 200, early_stopping=False, validation_share=0.1)
    return _choose_details(base, settings)


def _choose_model(settings: Settings) -> str:
    there = torch_is_there() and not settings.public
    model = st.segmented_control(
        "Model",
        list(MODEL_TITLES) if there else ["mlp"],
        default="mlp",
        required=True,
        format_func=MODEL_TITLES.__getitem__,
        key="training-model",
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
        help="Each fold trains a model of its own; their answers are judged together.",
    )
    return str(kind), folds or None


def _choose_details(base: Choices, settings: Settings) -> Choices:
    most = MAX_EPOCHS_IN_PUBLIC if settings.public else MAX_EPOCHS
    with st.expander("Advanced", icon=":material/tune:"):
        epochs = _number("Epochs at most", 1, most, min(base.epochs, most), "training-epochs")
        early = st.toggle(
            "Stop early",
            key="training-early",
            persist_state="session",
            help="Keeps the epoch with the best UAR on clips that are set aside from the training clips.",
        )
        share = _number(
            "Validation share (%)",
            0,
            30,
            round(100 * base.validation_share),
            "training-share",
            "Of the training clips, to draw the validation curve and to stop early. 0, as in the described recipe, "
            "trains on all of them, without that curve. Test clips are never looked at.",
        )
    return replace(base, epochs=epochs, early_stopping=early, validation_share=share / 100)


def _choose_network_details(base: Choices) -> Choices:
    with st.expander("Advanced", icon=":material/tune:"):
        epochs = _number("Epochs at most", 1, MAX_EPOCHS, base.epochs, "training-network-epochs")
        early = st.toggle(
            "Stop early",
            value=base.early_stopping,
            key="training-network-early",
            persist_state="session",
            help="Keeps the latest epoch that is as good as the best on training speakers who are set aside; test "
            "clips are never looked at.",
        )
        share = _number(
            "Validation share (%)", 0, 30, round(100 * base.validation_share), "training-network-share", _SHARE_HELP
        )
        batch = _number("Clips per batch", 1, MAX_BATCH, base.batch_size, "training-batch")
        augment = st.toggle(
            "Change the training clips",
            value=base.augment,
            key="training-augment",
            persist_state="session",
            help="Speed, voice, level, noise, blanked stretches and mixtures, anew at each step; after the split, "
            "and on the training side alone.",
        )
        workers, parallel = _choose_team()
    return replace(
        base,
        epochs=epochs,
        early_stopping=early,
        validation_share=share / 100,
        batch_size=batch,
        augment=augment,
        workers=workers,
        parallel=parallel,
    )


def _choose_team() -> tuple[int, str]:
    if usable_cores() < 2:
        return 1, "data"
    workers = _number("Processes", 1, usable_cores(), 1, "training-workers", _WORKERS_HELP)
    if workers == 1:
        return 1, "data"
    parallel = st.radio(
        "They share",
        list(PARALLEL_TITLES),
        format_func=PARALLEL_TITLES.__getitem__,
        key="training-parallel",
        persist_state="session",
    )
    return workers, str(parallel)


_SHARE_HELP = (
    "Of the training speakers, to draw the validation curve and to stop early; 0, which needs “Stop early” off, "
    "trains on all of them."
)
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


def _show_plan(choices: Choices, settings: Settings) -> bool:
    """Show who trains and who tests, or why nobody can; return whether it can start."""
    try:
        with st.skeleton(height=72):
            config_of(choices, public=settings.public)
            plan = plan_split(choices.folders, choices.labels, choices.split, choices.folds, choices.seed)
    except AecError as error:
        st.error(
            plain(without_folders(str(error), settings)),
            title="This cannot be trained",
            icon=":material/error:",
        )
        return False
    st.markdown(f"**{plan_total(plan)}.** {plan_sentence(plan, choices.split)}")
    if plan.notes:
        st.caption(plain(" ".join(plan.notes)))
    return True


def _show_start(choices: Choices, settings: Settings, *, ready: bool) -> None:
    busy = must_wait(settings)
    st.button(
        "Start training",
        type="primary",
        icon=":material/play_arrow:",
        key="training-start",
        disabled=busy or not ready,
        on_click=_start,
        args=(choices,),
    )
    if busy:
        st.caption(ONE_AT_A_TIME)
    if still_goes_on(st.session_state.get(_STARTED), settings):
        st.caption("Started. It goes on if you leave the page.")
    show_refusal(_PROBLEM, choices, "The training could not be started")


def _start(choices: Choices) -> None:
    settings = read_settings()
    try:
        run = start_job(config_of(choices, public=settings.public), settings)
    except AecError as error:
        st.session_state[_PROBLEM] = choices, error_text(error)
        return
    st.session_state[OPEN_RUN] = run.id
    st.session_state[_STARTED] = run.id
    st.session_state.pop(_PROBLEM, None)
