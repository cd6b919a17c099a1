"""In a report: the same training by the other protocol beside it, and published scores."""

import json

import msgspec
import pytest
from dashboard_helpers import charts, texts
from training_helpers import LABELS, add_epochs, answers, config_of, finish, make_report, make_run, start

from aec.charts.training import score_alt, score_chart
from aec.errors import AecError
from aec.evaluation.comparison import compare
from aec.evaluation.metrics import ClassScores
from aec.runs.index import RunIndex
from aec.settings import read_settings
from aec.training import TrainingSettings
from aec.ui.run_records import training_runs
from aec.ui.training.counterparts import counterpart_settings, find_counterpart
from aec.ui.training.protocol_view import difference_sentence
from aec.ui.training.published_view import published_rows

RUN = "20261122-100000-mlp-0002"
RANDOM = "random split, speakers on both sides, 5 folds"


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr("aec.runs.queue.ensure_worker", lambda _home: None)


def edit(run, **changes):
    """Change the configuration of a run."""
    (run.folder / "config.json").write_text(json.dumps({**config_of(run), **changes}))
    return run


def unseen(number=2, right=0.7, **changes):
    return edit(finish(make_run(number), make_report(answers(right))), **changes)


def random(number=1, right=0.95, **changes):
    run = finish(make_run(number), make_report(answers(right, seed=1), split="random", split_title=RANDOM))
    return edit(run, **{"split": "random", **changes})


def compare_on(app, run=RUN):
    return app.toggle(key=f"protocols-{run}").set_value(True).run()


def test_nothing_is_compared_before_it_is_chosen(open_page):
    unseen()
    random()
    app = open_page("training")
    assert app.toggle(key=f"protocols-{RUN}").label == "Compare with a random split"
    assert "It is optimistic" not in texts(app)


def test_both_stand_side_by_side_with_the_difference_explained(open_page):
    unseen()
    random()
    app = compare_on(open_page("training"))
    assert not app.exception
    said = texts(app)
    assert "It is optimistic: speakers are on both sides" in said
    assert "paired over speakers" in said
    pair = next(chart for chart in charts(app) if "(random split)" in chart["alt"])
    assert [trace["name"] for trace in pair["data"]] == ["Unseen speakers", "Random split"]
    table = next(frame.value for frame in app.dataframe if "Random split" in frame.value)
    assert table["Score"].tolist() == ["UAR", "Accuracy", "Weighted F1", "Macro F1"]
    assert (table["Difference"] > 0).all()


def test_from_the_random_run_the_other_one_is_offered(open_page):
    unseen(1)
    random(2)
    app = open_page("training")
    assert app.toggle(key=f"protocols-{RUN}").label == "Compare with unseen speakers"
    assert "It is optimistic" in texts(compare_on(app))


def test_where_there_is_none_it_can_be_trained(open_page, demo):
    run = unseen()
    app = compare_on(open_page("training"))
    assert "There is no such run yet" in texts(app)
    button = app.button(key=f"counterpart-{RUN}")
    assert button.label == "Train the same with a random split"
    app.session_state["owner-token"] = "me"
    app = button.click().run()
    assert not app.exception
    (entry,) = RunIndex(read_settings().home).entries("queued")
    made = next(row.run for row in training_runs(read_settings()) if row.id == entry.id)
    assert entry.owner == "me"
    assert config_of(made) == {**config_of(run), "split": "random", "owner": "me"}
    assert TrainingSettings.from_config(config_of(made)).split == "random"
    assert "It is being trained." in texts(app)
    assert not [each for each in app.button if each.key == f"counterpart-{RUN}"]


def test_one_under_way_is_waited_for(open_page):
    unseen()
    running = start(edit(make_run(1), split="random"))
    add_epochs(running, 2)
    app = compare_on(open_page("training"))
    assert "It is being trained." in texts(app)


@pytest.mark.parametrize(
    "other",
    [
        {"labels": "five"},
        {"folds": 3},
        {"mlp": {**msgspec.to_builtins(TrainingSettings().mlp), "seed": 7}},
        {"spec": {**msgspec.to_builtins(TrainingSettings().spec), "n_mfcc": 20}},
        {"data": ["elsewhere"]},
        {"split": "corpus:a"},
    ],
)
def test_a_run_that_differs_by_more_than_its_split_is_none(demo, other):
    unseen()
    random(1, **other)
    rows = training_runs(read_settings())
    assert find_counterpart(rows[0], rows) is None


def test_the_latest_finished_one_is_taken_and_no_failed_one(demo):
    random(1)
    random(2)
    edit(make_run(3), split="random").write_state("failed", "Out of memory.")
    unseen(4)
    rows = training_runs(read_settings())
    found = find_counterpart(rows[0], rows)
    assert found is not None
    assert found.id == "20261122-100000-mlp-0002"


def test_a_cross_corpus_run_has_no_counterpart(open_page):
    unseen(split="corpus:demo-german")
    app = open_page("training")
    assert not [toggle for toggle in app.toggle if (toggle.key or "").startswith("protocols-")]
    assert "Published scores" in texts(app)


def test_strangers_train_one_at_a_time(open_page, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    unseen(2)
    app = open_page("training")
    app.session_state["owner-token"] = "me"
    start(make_run(1, owner="me"), "me")
    app = compare_on(app)
    assert app.button(key=f"counterpart-{RUN}").disabled
    assert "One job at a time" in texts(app)


def test_what_may_not_be_trained_from_a_page_is_refused_in_words(open_page, tmp_path):
    unseen(data=[str(tmp_path / "elsewhere")])
    app = compare_on(open_page("training"))
    app = app.button(key=f"counterpart-{RUN}").click().run()
    assert not app.exception
    assert "elsewhere lies outside the folders that may be read" in app.error[0].value
    assert str(tmp_path) not in app.error[0].value
    assert RunIndex(read_settings().home).entries("queued") == []


def test_the_checks_are_those_of_the_form(demo, monkeypatch):
    run = unseen()
    assert counterpart_settings(run, read_settings()).split == "random"
    edit(run, mlp={**msgspec.to_builtins(TrainingSettings().mlp), "max_epochs": 5_000})
    with pytest.raises(AecError, match="number of epochs"):
        counterpart_settings(run, read_settings())
    edit(run, mlp={**msgspec.to_builtins(TrainingSettings().mlp), "max_epochs": 200})
    monkeypatch.setenv("AEC_PUBLIC", "1")
    with pytest.raises(AecError, match="1 to 60"):
        counterpart_settings(run, read_settings())
    edit(run, data=[str(demo / "mine")])
    with pytest.raises(AecError, match="outside the folders"):
        counterpart_settings(run, read_settings())
    edit(run, data=[])
    with pytest.raises(AecError, match="no counterpart"):
        counterpart_settings(run, read_settings())


def test_missing_folders_are_named(demo, monkeypatch):
    monkeypatch.setenv("AEC_DATA", str(demo / "data"))
    run = unseen(data=[str(demo / "data" / "gone")])
    with pytest.raises(AecError, match="gone is no longer there"):
        counterpart_settings(run, read_settings())


def test_the_difference_in_words():
    new, heard = make_report(answers(0.6)), make_report(answers(0.95, seed=1))
    said = difference_sentence({"speaker": new, "random": heard}, None)
    assert f"gives a UAR {heard.uar - new.uar:.2f} higher" in said
    assert f"For a new voice, expect {new.uar:.2f}." in said
    assert "paired" not in said
    swapped = {"speaker": heard, "random": new}
    found = compare(heard.predictions, new.predictions)
    assert "known voices do not help here. The difference is -" in difference_sentence(swapped, found)


def test_the_chart_shows_both_with_intervals():
    reports = {"Unseen speakers": make_report(answers(0.6)), "Random split": make_report(answers(0.9), intervals={})}
    figure = score_chart(reports)
    assert [trace.name for trace in figure.data] == ["Unseen speakers", "Random split"]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    assert max(figure.data[0].error_x.array) > 0
    assert max(figure.data[1].error_x.array) == 0
    assert figure.layout.xaxis.range == (0, 1)
    unseen, random = reports.values()
    low, high = unseen.intervals["uar"]
    words = (
        f"UAR {unseen.uar:.2f} ({low:.2f} to {high:.2f}) (unseen speakers), {random.uar:.2f} (random split); Accuracy"
    )
    assert score_alt(reports).startswith(words)


def test_nothing_is_published_on_the_demo_corpora(open_page):
    unseen()
    app = open_page("training")
    assert "Nothing is published on the demo corpora" in texts(app)
    assert not [frame for frame in app.table if "Approach" in frame.value]


@pytest.mark.parametrize(
    ("corpora", "said", "data"),
    [
        ({"ravdess": 96}, "An orientation, no ranking", ["RAVDESS"] * 5),
        (
            {"crema-d": 48, "ravdess": 48},
            "An orientation, no ranking",
            ["CREMA-D, RAVDESS", *["CREMA-D and RAVDESS"] * 2],
        ),
        (
            {"savee": 48, "tess": 48},
            "Nothing is known here on SAVEE, TESS together. Of each corpus alone:",
            ["SAVEE, TESS", *["SAVEE"] * 3, *["TESS"] * 3],
        ),
        ({"mine": 96}, "No published score on mine is known here.", None),
        ({"demo-english": 48, "ravdess": 48}, "Of each corpus alone:", ["demo-english, RAVDESS", *["RAVDESS"] * 4]),
    ],
)
def test_published_scores_stand_beside_the_report(open_page, corpora, said, data):
    finish(make_run(2), make_report(answers(0.8), corpora=corpora))
    app = open_page("training")
    assert said in texts(app)
    tables = [frame.value for frame in app.table if "Approach" in frame.value]
    assert [table["Data"].tolist() for table in tables] == ([] if data is None else [data])


def test_the_run_comes_first_with_its_protocol_and_other_label_sets_are_named(open_page):
    finish(make_run(2), make_report(answers(0.8), corpora={"ravdess": 96}))
    app = open_page("training")
    table = next(frame.value for frame in app.table if "Approach" in frame.value)
    assert table.iloc[0]["Approach"] == "This run"
    assert table.iloc[0]["Tested on"] == f"Unseen speakers, 5 folds; {len(LABELS)} emotions"
    protocols = ["Unseen speakers; 8 emotions"] * 3 + ["Human listeners; 8 emotions"]
    assert table["Tested on"].tolist()[1:] == protocols
    assert table["Score"].tolist()[1:] == ["0.50 to 0.59", "0.60 to 0.64", "0.72 to 0.82", "0.67"]
    assert "This run has 3 emotions, the published scores have 8" in texts(app)


def test_a_label_that_no_clip_shows_does_not_count(demo):
    report = make_report(answers(0.8), corpora={"ravdess": 96})
    report.per_class["bored"] = ClassScores(precision=0.0, recall=0.0, f1=0.0, support=0)
    finish(make_run(2), report)
    (row,) = training_runs(read_settings())
    assert published_rows(row, report, [])[0]["Tested on"].endswith("; 3 emotions")
