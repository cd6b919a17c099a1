"""The training page: choices, the plan, the start, every state of a run, and the comparison of runs."""

import json

import pytest
from dashboard_helpers import ROOT, charts, run_list, texts, write_corpus
from msgspec.structs import replace
from training_helpers import LABELS, add_epochs, answers, finish, make_report, make_run, start

from aec.errors import AecError, RunError
from aec.evaluation.metrics import ClipPrediction, LeakFinding
from aec.features import NETWORK_SPECS
from aec.models.mlp import MlpSettings
from aec.models.network_settings import NetworkSettings, Team
from aec.runs.index import RunIndex
from aec.runs.queue import cancel
from aec.runs.run import list_runs
from aec.settings import read_settings
from aec.training import TrainingSettings, spec_for
from aec.ui.offered_corpora import offered_corpora
from aec.ui.players import read_clip
from aec.ui.run_words import clip_name, without_folders
from aec.ui.training.limits import check_limits
from aec.ui.training.report_view import report_text


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    # Pages see to it that a worker is alive; here nothing is to be trained behind their back.
    monkeypatch.setattr("aec.runs.queue.ensure_worker", lambda _home: None)


@pytest.fixture
def submitted(monkeypatch):
    """What the page hands to the queue."""
    calls = []

    def submit(home, config, owner="", *, public=False):
        calls.append((config, owner))
        return make_run()

    monkeypatch.setattr("aec.ui.submission.submit", submit)
    return calls


def settings_with(folder, model="mlp", labels="seven", features=None, workers=1, parallel="data", **recipe):
    """Settings of a training as a browser might send them."""
    recipe = {"max_epochs": 10, **recipe}
    kind = {"mlp": MlpSettings(**recipe)} if model == "mlp" else {"network": NetworkSettings(**recipe)}
    spec, team = spec_for(model, features), Team(workers, parallel)
    return TrainingSettings(model=model, spec=spec, labels=labels, team=team, data=(str(folder),), **kind)


def press_start(app):
    return app.button(key="training-start").click().run()


def errors(app):
    return [error.value for error in app.error]


def test_nothing_yet_says_what_to_do(open_page):
    app = open_page("training")
    assert "Nothing has been trained yet." in texts(app)
    assert not app.error
    assert not app.dataframe
    assert not app.button(key="training-start").disabled
    assert not (read_settings().home / "runs").exists()


def test_the_plan_says_who_goes_where(open_page):
    said = texts(open_page("training"))
    assert "28 clips, 4 speakers, 7 emotions." in said
    assert "Each of 4 folds trains on 21 clips of 3 speakers and tests on 7 clips of 1 speaker" in said
    assert "none of whom it trained on" in said
    assert "4 folds instead of 5" in said


def test_a_random_split_is_called_optimistic(open_page):
    app = open_page("training")
    app.radio(key="training-split").set_value("random").run()
    assert "most of whom it trained on: optimistic" in texts(app)


def test_one_corpus_against_the_rest(open_page, submitted):
    app = open_page("training")
    app.radio(key="training-split").set_value("corpus").run()
    app.selectbox(key="training-corpus").set_value("demo-german").run()
    assert "The model trains on 14 clips of 2 speakers and tests on 14 clips of 2 speakers." in texts(app)
    press_start(app)
    assert submitted[0][0]["split"] == "corpus:demo-german"


def test_start_submits_the_described_recipe_and_a_validation_curve(open_page, submitted, demo):
    app = press_start(open_page("training"))
    assert not app.exception
    ((config, owner),) = submitted
    data = (str(demo / "demo-english"), str(demo / "demo-german"))
    licences = ("Trained on synthetic speech made by espeak-ng; the clips are CC0.",)
    mlp = MlpSettings(validation_share=0.1)
    assert config == TrainingSettings(synthetic=True, licences=licences, mlp=mlp, data=data).to_config()
    assert TrainingSettings.from_config(config).mlp.max_epochs == 200
    assert len(owner) > 16
    assert "Started. It goes on if you leave the page." in texts(app)
    assert run_list(app).value == "20261121-100000-mlp-0001"


def test_start_submits_what_was_chosen(open_page, submitted):
    app = open_page("training")
    app.pills(key="training-corpora").set_value(["demo-english"]).run()
    app.segmented_control(key="training-labels").set_value("five").run()
    app.segmented_control(key="training-features").set_value("logmel").run()
    app.selectbox(key="training-folds").set_value(1).run()
    app.number_input(key="training-seed").set_value(7).run()
    app.number_input(key="training-epochs").set_value(4).run()
    app.toggle(key="training-early").set_value(True).run()
    app.number_input(key="training-share").set_value(20).run()
    press_start(app)
    config = submitted[0][0]
    assert (config["labels"], config["spec"]["kind"], config["folds"]) == ("five", "logmel", 1)
    mlp = config["mlp"]
    assert (mlp["seed"], mlp["max_epochs"], mlp["early_stopping"], mlp["validation_share"]) == (7, 4, True, 0.2)


@pytest.fixture
def pytorch(monkeypatch):
    """A machine that has PyTorch, or seems to: pages never load it."""
    monkeypatch.setattr("aec.ui.training.form.torch_is_there", lambda: True)
    monkeypatch.setattr("aec.models.torch_presence.torch_is_there", lambda: True)


def test_a_network_is_submitted_with_its_own_choices(open_page, submitted, pytorch, monkeypatch):
    monkeypatch.setattr("aec.ui.training.form.usable_cores", lambda: 2)
    monkeypatch.setattr("aec.ui.training.limits.usable_cores", lambda: 2)
    app = open_page("training")
    app.segmented_control(key="training-model").set_value("crnn").run()
    assert app.segmented_control(key="training-network-features").value == "logmel"
    app.number_input(key="training-network-epochs").set_value(4).run()
    app.number_input(key="training-batch").set_value(8).run()
    app.toggle(key="training-augment").set_value(False).run()
    app.number_input(key="training-workers").set_value(2).run()
    app.radio(key="training-parallel").set_value("model").run()
    press_start(app)
    assert not app.exception
    config = submitted[0][0]
    settings = TrainingSettings.from_config(config)
    assert (settings.model, settings.spec) == ("crnn", NETWORK_SPECS["logmel"])
    network = settings.network
    assert (network.max_epochs, network.batch_size, network.augment, network.early_stopping) == (4, 8, False, True)
    assert settings.team == Team(2, "model")
    assert "mlp" not in config


def test_each_kind_of_model_keeps_its_own_choices(open_page, pytorch):
    app = open_page("training")
    app.number_input(key="training-epochs").set_value(9).run()
    app.segmented_control(key="training-model").set_value("rnn").run()
    app.number_input(key="training-network-epochs").set_value(5).run()
    app.segmented_control(key="training-model").set_value("mlp").run()
    assert app.number_input(key="training-epochs").value == 9
    app.segmented_control(key="training-model").set_value("rnn").run()
    assert app.number_input(key="training-network-epochs").value == 5


def test_without_pytorch_the_page_says_what_to_install(open_page, monkeypatch):
    monkeypatch.setattr("aec.ui.training.form.torch_is_there", lambda: False)
    app = open_page("training")
    assert app.segmented_control(key="training-model").options == ["MLP"]
    assert "pip install -r requirements-deep.txt" in texts(app)


def test_strangers_are_not_offered_networks(open_page, pytorch, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    app = open_page("training")
    assert app.segmented_control(key="training-model").options == ["MLP"]
    assert "requirements-deep" not in texts(app)


@pytest.mark.parametrize(
    ("changes", "public", "words"),
    [
        ({"model": "cnn"}, True, "take too long"),
        ({"model": "vgg"}, False, "vgg"),
        ({"model": "cnn", "workers": 0}, False, "is 0"),
        ({"model": "cnn", "workers": 999}, False, "processes"),
        ({"model": "cnn", "batch_size": 0}, False, "batch"),
        ({"model": "cnn", "parallel": "both", "workers": 1}, False, "parallelism"),
        ({"model": "cnn", "parallel": "model", "workers": 1}, False, "one process"),
    ],
)
def test_choices_that_no_widget_offers_for_networks(demo, pytorch, changes, public, words):
    with pytest.raises(AecError, match=words):
        check_limits(settings_with(demo / "demo-english", **changes), public=public)


def test_choices_survive_another_page(open_page):
    app = open_page("training")
    app.number_input(key="training-epochs").set_value(9).run()
    app.radio(key="training-split").set_value("random").run()
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/training.py").run()
    assert app.number_input(key="training-epochs").value == 9
    assert app.radio(key="training-split").value == "random"


def test_a_start_that_fails_says_why(open_page, monkeypatch):
    def submit(home, config, owner="", *, public=False):
        raise RunError("the folder cannot be written", "", "Free some space")

    monkeypatch.setattr("aec.ui.submission.submit", submit)
    app = press_start(open_page("training"))
    assert errors(app) == ["the folder cannot be written. Free some space."]
    assert app.pills(key="training-corpora").value == ["demo-english", "demo-german"]


def test_no_corpus_is_no_error(open_page):
    app = open_page("training")
    app.pills(key="training-corpora").set_value([]).run()
    assert "Choose one corpus or more." in texts(app)
    assert not app.error


def test_one_speaker_is_refused_before_the_start(open_page, demo, make_sound, monkeypatch):
    for part in ("morning", "evening"):
        write_corpus(demo / "data" / "mine" / part, "mine", ("me",), make_sound)
    monkeypatch.setenv("AEC_DATA", str(demo / "data"))
    app = open_page("training")
    app.pills(key="training-corpora").set_value(["mine"]).run()
    (error,) = errors(app)
    assert "all clips are of one speaker" in error
    assert "choose the random split" in error
    assert "--" not in error
    assert app.button(key="training-start").disabled


def test_early_stopping_needs_validation_clips(open_page):
    app = open_page("training")
    app.toggle(key="training-early").set_value(True).run()
    app.number_input(key="training-share").set_value(0).run()
    assert "early stopping needs validation clips" in errors(app)[0]
    assert app.button(key="training-start").disabled


def test_folders_under_aec_data_are_offered_and_broken_ones_give_an_error(open_page, demo, make_sound, monkeypatch):
    write_corpus(demo / "data" / "mine", "mine", ("a", "b"), make_sound)
    (demo / "data" / "notes").mkdir()
    (demo / "data" / "noise").mkdir()
    (demo / "data" / "noise" / "x.wav").write_bytes(b"junk")
    monkeypatch.setenv("AEC_DATA", str(demo / "data"))
    app = open_page("training")
    assert app.pills(key="training-corpora").options == ["demo-english", "demo-german", "mine", "noise"]
    app.pills(key="training-corpora").set_value(["noise"]).run()
    assert "file in noise, for example noise/x.wav" in errors(app)[0]
    assert str(demo) not in texts(app)


def test_public_visitors_get_the_demo_corpora_alone(open_page, demo, make_sound, monkeypatch, submitted):
    write_corpus(demo / "mine", "mine", ("a", "b"), make_sound)
    monkeypatch.setenv("AEC_DATA", str(demo / "mine"))
    monkeypatch.setenv("AEC_PUBLIC", "1")
    finish(make_run(2, demo / "mine"), make_report(answers(0.9, where=str(demo / "mine"))))
    app = open_page("training")
    assert app.pills(key="training-corpora").options == ["demo-english", "demo-german"]
    assert app.number_input(key="training-epochs").value == 60
    assert "Nothing has been trained yet." in texts(app)
    assert "mine" not in offered_corpora(read_settings())
    with pytest.raises(AecError, match="only the demo corpora"):
        check_limits(settings_with(demo / "mine"), public=True)


def test_public_visitors_train_one_model_at_a_time(open_page, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    app = open_page("training")
    app.session_state["owner-token"] = "me"
    start(make_run(owner="me"), "me")
    app.run()
    assert app.button(key="training-start").disabled
    assert "One job at a time" in texts(app)


def test_why_nothing_was_started_is_shown_until_something_else_is_chosen(open_page, monkeypatch):
    def refuse(_config, _settings):
        raise RunError("the disk is full", "nothing was written", "Free some space")

    app = open_page("training")
    with monkeypatch.context() as patched:
        patched.setattr("aec.ui.submission.start_job", refuse)
        app.button(key="training-start").click().run()
    assert "Free some space" in app.run().error[0].value
    assert "Started." not in texts(app)
    app.number_input(key="training-seed").set_value(1).run()
    assert not app.error
    app.number_input(key="training-seed").set_value(0).run()
    app.button(key="training-start").click().run()
    assert not app.error
    assert "Started." in texts(app)


def test_a_training_started_twice_while_it_waits_is_one_training(open_page):
    app = open_page("training")
    for _ in range(2):
        app.button(key="training-start").click().run()
    # A redraw may be cut short, so each of them tells.
    assert "Started." in texts(app.run())
    (run,) = list_runs()
    assert app.session_state["open-run"] == run.id
    # Another seed is another training; so is the same one after it was cancelled.
    app.number_input(key="training-seed").set_value(1).run()
    app.button(key="training-start").click().run()
    assert len(list_runs()) == 2
    for each in list_runs():
        cancel(read_settings().home, each.id)
    app.button(key="training-start").click().run()
    assert len(list_runs()) == 3


@pytest.mark.parametrize(
    "wrong", [{"labels": "nine"}, {"features": "cepstra"}, {"max_epochs": 0}, {"max_epochs": 10**6}, {"seed": -1}]
)
def test_what_the_widgets_do_not_offer_is_refused(demo, wrong):
    check_limits(settings_with(demo / "demo-english"), public=False)
    with pytest.raises(AecError):
        check_limits(settings_with(demo / "demo-english", **wrong), public=False)


def test_a_finished_run_shows_its_report(open_page):
    report = make_report(answers(0.8), notes=("3 clips are outside the label set.",))
    finish(make_run(), report)
    app = open_page("training")
    said = texts(app)
    low, high = report.intervals["uar"]
    assert f"UAR {report.uar:.2f}, unseen speakers, 5 folds" in said
    assert f"95 % interval {low:.2f} to {high:.2f}" in said
    assert "times what guessing gives (0.33)" in said
    assert [metric.label for metric in app.metric] == ["UAR", "Accuracy", "Weighted F1", "Macro F1"]
    assert ":material/check_circle:] **Passed**: No speaker is on both sides." in said
    assert ":material/help:] **Unknown**: Cannot be checked." in said
    assert "- 3 clips are outside the label set." in said
    assert not app.error
    assert not app.warning
    alts = [chart["alt"] for chart in charts(app)]
    assert any(alt.startswith("Best recognised") for alt in alts)
    assert any(alt.startswith("UAR of 8 speakers") for alt in alts)
    assert all(alts)
    assert {button.label for button in app.get("download_button")} == {"Download model", "Download report"}


def test_every_chart_has_its_table(open_page):
    finish(make_run(), make_report(answers(0.8)))
    app = open_page("training")
    tables = {frame.proto.alt for frame in app.dataframe}
    assert {chart["alt"] for chart in charts(app)} <= tables


def test_the_confusion_matrix_in_counts_or_percent(open_page):
    finish(make_run(), make_report(answers(1.0)))
    app = open_page("training")
    assert "32" in charts(app)[0]["data"][2]["text"]
    app.segmented_control(key="confusion-form-20261121-100000-mlp-0001").set_value("Row %").run()
    assert set(charts(app)[0]["data"][2]["text"]) == {"100"}


def test_leaks_stand_beside_the_score(open_page):
    leak = LeakFinding(kind="speakers_on_both_sides", found=True, detail="8 speakers in both: optimistic.")
    finish(make_run(), make_report(answers(0.9), leaks=(leak,)))
    (warning,) = open_page("training").warning
    assert "8 speakers in both: optimistic." in warning.value


def test_few_speakers_have_no_interval_and_say_so(open_page):
    finish(make_run(), make_report(answers(0.8, speakers=4)))
    app = open_page("training")
    assert "No interval: 4 test speakers" in texts(app)
    assert not app.error


def test_a_cancelled_run_shows_what_was_kept(open_page):
    finish(make_run(), make_report(answers(0.7), cancelled=True), "cancelled")
    assert "This training was cancelled; the best so far was kept." in texts(open_page("training"))


@pytest.mark.parametrize("old", [False, True])
def test_a_run_of_some_folds_says_so_in_every_title(open_page, old):
    report = make_report(answers(0.9), cancelled=True, folds_done=1, split_title="unseen speakers, 1 of 5 folds")
    if old:
        # As written before reports had the number of folds done.
        notes = ("A note.", "Cancelled: the figures are of 1 of 5 folds.")
        title = "unseen speakers, 5 folds"
        report = replace(report, version=1, folds_done=0, split_title=title, notes=notes)
    finish(make_run(), report, "cancelled")
    app = open_page("training")
    assert app.subheader[0].value.endswith(", unseen speakers, 1 of 5 folds")
    assert "1 of 5 folds" in app.warning[0].value
    assert "unseen speakers, 1 of 5 folds" in run_list(app).options[0]
    table = next(frame.value for frame in app.dataframe if "State" in frame.value)
    assert table["Protocol"].tolist() == ["unseen speakers, 1 of 5 folds"]


def test_a_run_cancelled_before_it_began(open_page):
    make_run().write_state("cancelled", "Cancelled while it waited.")
    app = open_page("training")
    assert "Cancelled while it waited." in texts(app)
    assert not app.metric


def test_mistakes_can_be_played_where_the_file_may_be_read(open_page, demo):
    real = demo / "demo-english" / "en01" / "en01_sad.flac"
    speaker = "demo-english/en01"
    wrong = ClipPrediction(path=str(real), emotion="sad", predicted="angry", confidence=0.99, speaker=speaker)
    predictions = [wrong, *answers(0.8)]
    finish(make_run(), make_report(predictions))
    app = open_page("training")
    key = "mistakes-20261121-100000-mlp-0001-clip"
    assert app.selectbox(key=key).options[0] == "en01/en01_sad.flac: sad, taken for angry (99%)"
    assert app.get("audio")
    app.selectbox(key=key).set_value(1).run()
    assert "cannot be opened" in texts(app)
    assert not app.error


def test_files_elsewhere_are_not_read(demo, tmp_path, monkeypatch):
    secret = tmp_path / "elsewhere" / "secret.wav"
    secret.parent.mkdir()
    secret.write_bytes(b"secret")
    with pytest.raises(AecError, match="outside the folders"):
        read_clip(str(secret), read_settings())
    monkeypatch.setenv("AEC_DATA", str(secret.parent))
    assert read_clip(str(secret), read_settings()) == b"secret"
    monkeypatch.setenv("AEC_PUBLIC", "1")
    with pytest.raises(AecError, match="not a clip of the demo corpora"):
        read_clip(str(secret), read_settings())


def test_a_clip_of_a_linked_corpus_is_played_and_a_file_elsewhere_is_not(open_page, demo, tmp_path, monkeypatch):
    (demo / "data").mkdir()
    (demo / "data" / "linked").symlink_to(demo / "demo-english", target_is_directory=True)
    secret = tmp_path / "elsewhere" / "secret.flac"
    secret.parent.mkdir()
    secret.write_bytes((demo / "demo-english" / "en01" / "en01_sad.flac").read_bytes())
    monkeypatch.setenv("AEC_DATA", str(demo / "data"))
    linked = demo / "data" / "linked" / "en01" / "en01_sad.flac"
    wrong = [
        ClipPrediction(path=str(path), emotion="sad", predicted="angry", confidence=confidence)
        for path, confidence in ((linked, 0.99), (secret, 0.98))
    ]
    finish(make_run(), make_report([*wrong, *answers(1.0)]))
    app = open_page("training")
    assert app.get("audio")
    app.selectbox(key="mistakes-20261121-100000-mlp-0001-clip").set_value(1).run()
    assert "lies outside the folders that may be read" in texts(app)
    assert not app.get("audio")


def test_a_running_training_shows_how_far_it_is(open_page):
    run = start(make_run())
    add_epochs(run, 4)
    app = open_page("training")
    said = texts(app)
    loss, uar = charts(app)
    assert loss["alt"] == "Training loss: Fold 1 0.25 after epoch 4."
    assert uar["alt"] == "Validation UAR: Fold 1 0.40 after epoch 4."
    assert app.button(key=f"cancel-page-{run.id}").label == "Cancel"
    assert "UAR on validation clips" in said
    app.button(key=f"cancel-page-{run.id}").click().run()
    assert RunIndex(read_settings().home).is_cancel_requested(run.id)
    assert "Stopping; what is done by now is kept." in texts(app)


def test_a_training_that_ends_while_it_is_watched_becomes_a_report(open_page):
    run = start(make_run())
    app = open_page("training")
    assert not app.metric
    finish(run, make_report(answers(0.8)))
    app.run()
    assert len(app.metric) == 4


def test_a_waiting_run_says_how_many_are_before_it(open_page):
    start(make_run(1))
    waiting = make_run(2)
    RunIndex(read_settings().home).add(waiting.id, "mlp")
    app = open_page("training")
    assert "1 job before it." in texts(app)
    app.button(key=f"cancel-page-{waiting.id}").click().run()
    assert waiting.state().name == "cancelled"
    assert "Cancelled while it waited." in texts(app)


def test_a_failed_run_says_what_happened_and_keeps_the_choices(open_page):
    run = make_run()
    (run.folder / "log.txt").write_text(f"Scanning {run.folder}/x\nno space left\n")
    run.write_state("failed", f"{run.folder} cannot be written (No space left on device).")
    app = open_page("training")
    assert "cannot be written (No space left on device)" in errors(app)[0]
    assert "no space left" in app.code[0].value
    assert str(run.folder) not in errors(app)[0] + app.code[0].value
    assert "Your choices are kept." in texts(app)
    assert not app.button(key="training-start").disabled


def test_a_run_whose_model_could_not_be_written_shows_its_figures(open_page):
    run = finish(make_run(), make_report(answers(0.7)), "failed")
    run.model_path.unlink()
    run.write_state("failed", "the model file's answers differ")
    app = open_page("training")
    assert "answers differ" in errors(app)[0]
    assert app.subheader[0].value.startswith("UAR 0.65")
    assert not [button for button in app.button if button.key == f"use-{run.id}"]


def test_a_damaged_run_does_not_spoil_the_page(open_page):
    finish(make_run(1), make_report(answers(0.8)))
    broken = make_run(2)
    (broken.folder / "config.json").write_text("{")
    app = open_page("training")
    assert run_list(app).options[0].endswith("unseen speakers, 5 folds")
    assert not app.error


def test_runs_are_listed_newest_first(open_page):
    finish(make_run(1), make_report(answers(0.6)))
    make_run(2).write_state("failed", "Out of memory.")
    table = next(frame.value for frame in open_page("training").dataframe if "State" in frame.value)
    assert table["State"].tolist() == ["Failed", "Finished"]
    assert table["Protocol"].tolist() == ["–", "unseen speakers, 5 folds"]
    assert " to " in table["UAR (95 % interval)"][1]


def test_runs_with_the_same_title_get_distinct_titles(open_page):
    made = [finish(make_run(number), make_report(answers(0.6))) for number in (1, 2)]
    for run in made:
        state = {"state": "finished", "created": "2026-11-21T10:00:00+00:00"}
        (run.folder / "state.json").write_text(json.dumps(state))
    app = open_page("training")
    options = run_list(app).options
    assert len(set(options)) == 2
    assert options[1].endswith(" · 0001")
    run_list(app).set_value(made[0].id).run()
    assert app.button(key=f"use-{made[0].id}")
    app.switch_page("pages/prediction.py").run()
    assert len(set(app.selectbox(key="model-choice").options)) == 3


def test_comparison_view_of_two_runs(demo):
    from streamlit.testing.v1 import AppTest

    finish(make_run(1), make_report(answers(0.4)))
    finish(make_run(2), make_report(answers(0.9, seed=1)))
    app = AppTest.from_function(compare_all, default_timeout=30).run()
    assert not app.exception
    said = texts(app)
    assert "higher in UAR" in said
    assert "the difference is sure" in said
    assert "bootstrapped over 8 speakers, paired" in said
    assert charts(app)[0]["alt"].startswith("UAR against ")


def test_a_run_from_the_shell_names_its_clips_by_another_way(demo):
    from streamlit.testing.v1 import AppTest

    clips = [str(path) for path in sorted((demo / "demo-english").rglob("*.flac"))]
    absolute = [replace(clip, path=path) for clip, path in zip(answers(0.7), clips, strict=False)]
    typed = [replace(clip, path=clip.path.removeprefix(f"{demo.parent}/")) for clip in absolute]
    finish(make_run(1), make_report(absolute))
    finish(make_run(2), make_report(typed))
    app = AppTest.from_function(compare_all, default_timeout=30).run()
    assert not app.exception
    assert "no difference in UAR. On 14 shared clips." in texts(app)


def test_runs_without_shared_clips_say_so(demo):
    from streamlit.testing.v1 import AppTest

    finish(make_run(1), make_report(answers(0.4)))
    finish(make_run(2), make_report(answers(0.9, where="elsewhere"), split_title="random split"))
    app = AppTest.from_function(compare_all, default_timeout=30).run()
    assert "these runs share no clip" in app.warning[0].value
    assert not charts(app)


def compare_all():
    from aec.settings import read_settings
    from aec.ui.run_records import training_runs
    from aec.ui.training.runs_table import show_comparison

    show_comparison(list(reversed(training_runs(read_settings()))))


def test_texts_lose_the_places_of_this_machine(demo):
    settings = read_settings()
    folder = demo / "demo-english"
    assert without_folders(f"{folder}/en01/x.wav is gone", settings) == "en01/x.wav is gone"
    assert without_folders("see /srv/some where/else/x.wav", settings).count("/srv") == 0
    assert without_folders("speaker ravdess/21 and/or none", settings) == "speaker ravdess/21 and/or none"
    assert clip_name(f"{folder}/en01/x.wav", settings) == "en01/x.wav"
    assert clip_name("/somewhere/y.wav", settings) == "y.wav"
    report = replace(make_report(answers(0.5)), run="/somewhere/else")
    text = report_text(report, settings)
    assert str(demo) not in text
    assert "run" not in json.loads(text)
    assert str(ROOT) not in text


def test_labels_of_the_helpers_are_emotions():
    from aec.emotions import EMOTIONS

    assert set(LABELS) < set(EMOTIONS)
