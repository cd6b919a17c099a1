"""The benchmark page: form, states of a run, results, public mode."""

import json

import pytest
from benchmark_helpers import make_network_speeds, make_result, result_fields
from dashboard_helpers import charts, texts

from aec.benchmark import BenchmarkSettings
from aec.benchmark.results import Parity
from aec.corpora.demo import DEMO_FOLDERS
from aec.runs.index import RunIndex
from aec.runs.run import Run, create_run, list_runs
from aec.settings import read_settings


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr("aec.runs.queue.ensure_worker", lambda _home: None)


def make_id(number: int) -> str:
    return f"2026112{number}-100000-benchmark-{number:04}"


def make_run(number: int = 1, owner: str = "") -> Run:
    config = {**BenchmarkSettings().to_config(), "data": [str(DEMO_FOLDERS["demo-english"])], "owner": owner}
    return create_run(config, read_settings().home / "runs" / make_id(number))


def finish(run: Run, state: str = "finished", message: str = "", **changes) -> Run:
    run.write_report(result_fields(**changes))
    run.write_state(state, message)
    return run


def start(run: Run) -> Run:
    run.write_state("running")
    RunIndex(read_settings().home).add(run.id, "benchmark", state="running")
    where = {"stage": "benchmark", "total": 10, "repeat": 1, "repeats": 2}
    run.add_progress({**where, "done": 0, "title": "First version"})
    run.add_progress({**where, "done": 4, "title": "Final version, 2 processes"})
    return run


def test_nothing_was_measured_yet(open_page):
    app = open_page("benchmark")
    assert "Nothing has been measured on this machine yet." in texts(app)
    assert "28 clips, about" in texts(app)
    assert not charts(app)
    assert not app.button(key="benchmark-start").disabled


def test_start_puts_a_run_into_the_queue(open_page):
    app = open_page("benchmark")
    app.slider(key="benchmark-repeats").set_value(2)
    app.slider(key="benchmark-clips").set_value(20)
    app.toggle(key="benchmark-training").set_value(False)
    app.run()
    app.button(key="benchmark-start").click().run()
    assert not app.exception
    (run,) = list_runs()
    config = run.config()
    assert (config["kind"], config["repeats"], config["clips"], config["training"]) == ("benchmark", 2, 20, False)
    assert len(config["data"]) == 2
    assert "Started." in texts(app.run())
    assert "It starts in a moment." in texts(app)
    assert [entry.kind for entry in RunIndex(read_settings().home).entries("queued")] == ["benchmark"]


def test_while_it_runs_the_page_says_what_is_measured_and_can_cancel(open_page):
    run = start(make_run())
    app = open_page("benchmark")
    shown = [bar.proto.text for bar in app.main.get("progress")]
    assert shown[0].startswith("Repeat 1 of 2: Final version, 2 processes")
    app.button(key=f"cancel-benchmark-{run.id}").click().run()
    assert RunIndex(read_settings().home).is_cancel_requested(run.id)
    assert "Stopping; what is done by now is kept." in texts(app)
    assert "It starts after the running job" in texts(app)


def test_a_result(open_page):
    run = finish(make_run())
    app = open_page("benchmark")
    shown = texts(app)
    assert "The engine extracts 120 clips in 2.2 s, 4.4 times faster than the first version on 2 cores" in shown
    assert "demo-english 120; 5.0 minutes of sound; 3 repeats, in turn." in shown
    alts = [chart["alt"] for chart in charts(app)]
    assert any("Engine, 2 threads 2.16 s (4.4 times)" in alt for alt in alts)
    assert any("Engine, threads: 1.67 times faster with 2 workers than with one" in alt for alt in alts)
    assert any("Highest memory of each version" in alt and "Engine, 1 thread 105 MB" in alt for alt in alts)
    assert any("First version accuracy 0.500" in alt for alt in alts)
    tables = [table.value for table in app.dataframe]
    versions = next(table for table in tables if "Engine, 2 threads" in table)
    reported = next(table for table in tables if list(table) == ["Figure", "First version", "Final version"])
    by_name = versions.set_index("Figure")
    assert by_name.loc["Extraction, speed-up", "Engine, 2 threads"] == "4.44 (4.4–4.4)"
    assert reported.set_index("Figure").loc["Extraction, speed-up", "Final version"] == "5.3"
    assert reported.set_index("Figure").loc["Accuracy", "First version"] == "47.14 %"
    assert by_name.loc["Peak memory (MB)", "Engine, 2 threads"] == "120"
    assert any(alt.startswith("Efficiency, speed-up divided by workers") for alt in alts)
    assert any(alt.startswith("Time of an average clip on one core. First version 8.0 ms") for alt in alts)
    assert "Of the engine’s 4.0 ms per clip, most are spent in “Resample”" in shown
    assert "**CUDA** does not help here" in shown
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Result (JSON)", "Measurements (CSV)", "Charts (HTML)"]
    app.segmented_control(key=f"stage-{run.id}").set_value("total").run()
    app.segmented_control(key=f"cold-{run.id}").set_value(True).run()
    assert not app.exception
    alts = [chart["alt"] for chart in charts(app)]
    assert not any("Engine, 1 thread " in alt and "Median" in alt for alt in alts), (
        "only trained versions have totals"
    )


def test_a_result_from_before_the_stages_were_timed_says_so(open_page):
    run = make_run()
    report = result_fields()
    run.write_report({name: value for name, value in report.items() if name not in {"stages", "features"}})
    run.write_state("finished")
    app = open_page("benchmark")
    assert "This result has no times by stage." in texts(app)


def test_the_tab_of_the_networks_is_there_where_they_were_measured(open_page):
    finish(make_run(), networks=make_network_speeds())
    app = open_page("benchmark")
    assert "Networks" in [tab.label for tab in app.tabs]
    shown = texts(app)
    assert "**Data parallel, 2 processes**: 145.5 clips per second, 1.25 times the speed of" in shown
    assert "A CRNN is trained on the processor, 32 synthetic clips" in shown
    assert "medians over 3 repeats in turn" in shown
    assert "(p − 1) / (m + p − 1) of the time is lost" in shown
    assert any(
        chart["alt"].startswith("Clips per second in training: One process, 1 thread") for chart in charts(app)
    )
    table = next(each.value for each in app.dataframe if "Exchange (%)" in each.value)
    assert table["Efficiency (%)"].tolist() == ["100", "80", "100", "62"]


@pytest.mark.parametrize("networks", [None, []])
def test_the_tab_of_the_networks_is_not_there_where_they_were_not(open_page, networks):
    run = make_run()
    report = {**result_fields(), "networks": networks}
    run.write_report({name: value for name, value in report.items() if value is not None})
    run.write_state("finished")
    app = open_page("benchmark")
    assert "Networks" not in [tab.label for tab in app.tabs]
    assert "Scaling" in [tab.label for tab in app.tabs]


def test_networks_are_trained_if_chosen(open_page, monkeypatch):
    monkeypatch.setattr("aec.ui.benchmark.form.torch_is_there", lambda: True)
    monkeypatch.setattr("aec.models.torch_presence.torch_is_there", lambda: True)
    app = open_page("benchmark")
    toggle = app.toggle(key="benchmark-networks")
    assert not toggle.value, "it takes its time"
    before = next(each.value for each in app.markdown if "clips, about" in each.value)
    toggle.set_value(True).run()
    assert next(each.value for each in app.markdown if "clips, about" in each.value) != before
    app.button(key="benchmark-start").click().run()
    (run,) = list_runs()
    assert run.config()["networks"] is True


def test_without_pytorch_and_among_strangers_networks_are_not_offered(open_page, monkeypatch, demo):
    monkeypatch.setattr("aec.ui.benchmark.form.torch_is_there", lambda: False)
    app = open_page("benchmark")
    assert [toggle.key for toggle in app.toggle if toggle.key.startswith("benchmark")] == ["benchmark-training"]
    monkeypatch.setattr("aec.ui.benchmark.form.torch_is_there", lambda: True)
    monkeypatch.setenv("AEC_PUBLIC", "1")
    monkeypatch.setenv("AEC_DATA", str(demo))
    app = open_page("benchmark")
    assert [toggle.key for toggle in app.toggle if toggle.key.startswith("benchmark")] == ["benchmark-training"]


def test_one_of_several_results_can_be_chosen(open_page):
    finish(make_run(1), repeats=1)
    finish(make_run(2))
    app = open_page("benchmark")
    assert "3 repeats, in turn" in texts(app)
    box = app.main.selectbox[0]
    assert len(box.options) == 2
    box.select_index(1).run()
    assert "1 repeat, in turn" in texts(app)


def test_cancelled_after_a_repeat(open_page):
    finish(
        make_run(), "cancelled", "Ended at the limit of 2 minutes; what was done by then was kept.", cancelled=True
    )
    app = open_page("benchmark")
    assert "Ended at the limit of 2 minutes" in texts(app)
    assert charts(app)


def test_cancelled_before_there_was_a_result(open_page):
    make_run().write_state("cancelled", "Cancelled while it waited.")
    app = open_page("benchmark")
    assert "Cancelled while it waited." in texts(app)
    assert not charts(app)


def test_a_failure_says_why_and_offers_the_log_without_folders(open_page):
    run = make_run()
    (run.folder / "log.txt").write_text(f"reading {DEMO_FOLDERS['demo-english']}/en01/x.flac\nKilled\n")
    run.write_state("failed", "The job was ended by SIGKILL; most often memory ran out.")
    app = open_page("benchmark")
    assert any("most often memory ran out" in error.value for error in app.error)
    assert "Your choices are kept." in texts(app)
    assert app.code[0].value == "reading en01/x.flac\nKilled"


def test_a_damaged_report_leaves_the_page_usable(open_page):
    run = finish(make_run())
    finish(make_run(2))
    (run.folder / "report.json").write_text("{")
    app = open_page("benchmark")
    # What cannot be read is left out of the list.
    assert len(app.main.selectbox[0].options) == 1 or "cannot be read" in texts(app)
    assert "The engine extracts" in texts(app)


@pytest.mark.parametrize("page", ["overview", "benchmark"])
def test_a_result_of_something_else_breaks_no_page(open_page, page):
    finish(make_run(1))
    odd = make_run(2)
    odd.write_report({"summary": [{"version": "engine"}], "clips": None})
    odd.write_state("finished")
    assert not open_page(page).exception


def test_without_training_there_are_no_scores(open_page):
    measurements = [row for row in make_result().measurements if row.stage == "extraction"]
    finish(make_run(), measurements=tuple(measurements), parity=Parity(), timelines=())
    app = open_page("benchmark")
    assert "The network was not trained in this benchmark." in texts(app)
    assert "no memory and load over time" in texts(app)


def test_no_corpus_and_no_workers(open_page):
    app = open_page("benchmark")
    app.multiselect(key="benchmark-corpora").set_value([]).run()
    assert "Choose one corpus or more." in texts(app)
    app.multiselect(key="benchmark-corpora").set_value(["demo-english"]).run()
    app.button_group(key="benchmark-backends").set_value([]).run()
    assert "Choose at least one worker count" in texts(app)
    assert not [button for button in app.button if button.key == "benchmark-start"]


def test_a_corpus_that_disappeared_raises_no_exception(open_page, demo):
    app = open_page("benchmark")
    (demo / "demo-english" / "manifest.csv").write_text("path,emotion\nnone.wav,sad\n")
    app.multiselect(key="benchmark-corpora").set_value(["demo-english"]).run()
    assert not app.exception


def test_a_benchmark_started_twice_while_it_waits_is_one_run(open_page):
    app = open_page("benchmark")
    for _ in range(2):
        app.button(key="benchmark-start").click().run()
    assert len(list_runs()) == 1


def test_among_strangers(open_page, monkeypatch, demo):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    monkeypatch.setenv("AEC_DATA", str(demo))
    app = open_page("benchmark")
    assert "Ends after 2 minutes at most" in texts(app)
    assert app.slider(key="benchmark-repeats").max == 2
    app.button(key="benchmark-start").click().run()
    app.run()
    assert app.button(key="benchmark-start").disabled
    assert "One job at a time, please" in texts(app)
    (run,) = list_runs()
    assert run.config()["repeats"] <= 2


def test_strangers_do_not_see_benchmarks_of_other_data(open_page, monkeypatch, tmp_path):
    config = {**BenchmarkSettings().to_config(), "data": [str(tmp_path / "private")]}
    finish(create_run(config, read_settings().home / "runs" / "20261121-100000-benchmark-0001"))
    monkeypatch.setenv("AEC_PUBLIC", "1")
    assert "Nothing has been measured" in texts(open_page("benchmark"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"jobs": (64,)},
        {"repeats": 50},
        {"labels": "nine"},
        {"clips": 500},
        {"folders": ("/etc",)},
        {"repeats": 3},
        {"networks": True},
    ],
)
def test_what_the_widgets_do_not_offer_is_refused(wrong):
    from aec.errors import UsageError
    from aec.ui.benchmark.form import check_settings

    fields = {"clips": 100, "jobs": (1,), "repeats": 2, "training": False}
    demo = (str(DEMO_FOLDERS["demo-english"]),)
    check_settings(demo, BenchmarkSettings(**fields), cores=2, public=True)
    changes = dict(wrong)
    folders = changes.pop("folders", demo)
    with pytest.raises(UsageError):
        check_settings(folders, BenchmarkSettings(**{**fields, **changes}), cores=2, public=True)


def test_the_downloaded_result_holds_no_folder_of_this_machine(open_page):
    report = result_fields(notes=("The file /home/someone/data/x.wav was odd.",))
    from aec.ui.run_words import without_folders

    text = without_folders(json.dumps(report), read_settings())
    assert "/home/someone" not in text
    assert json.loads(text)["clips"] == 120


OTHER = "Other <b>box</b> [x](http://a.b)"


def elsewhere(**changes) -> bytes:
    report = result_fields(**{"clips": 60, **changes})
    report["machine"] = {**report["machine"], "processor": OTHER, "cores": 8}
    return json.dumps(report).encode()


def add(app, *files: tuple[str, bytes], number: int = 0) -> None:
    uploader = app.file_uploader(key=f"benchmark-import-{number}")
    for name, content in files:
        uploader = uploader.upload(name, content, "application/json")
    app.run()
    assert not app.exception


def files_under(home) -> list[str]:
    return sorted(str(path) for path in home.rglob("*") if path.is_file())


def test_with_one_result_there_is_nothing_to_compare(open_page):
    finish(make_run())
    app = open_page("benchmark")
    assert "Two results or more can be compared." in texts(app)
    assert not [box for box in app.multiselect if box.key == "benchmark-compared"]


def test_a_result_of_another_machine_is_compared_at_once_and_written_nowhere(open_page, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    finish(make_run())
    app = open_page("benchmark")
    before = files_under(read_settings().home)
    add(app, ("=my *box*.json", elsewhere()))
    assert files_under(read_settings().home) == before
    box = app.multiselect(key="benchmark-compared")
    assert len(box.value) == 2
    assert box.options[1].startswith("Imported · =my *box* · 4.4 times faster; 60 clips, 8 cores")
    warnings = " ".join(each.value for each in app.warning)
    assert r"“=my \*box\*”: other clips." in warnings
    assert r"“=my \*box\*”: another machine." in warnings
    assert any("=my *box*: Final version, 2 processes 2.0 times" in chart["alt"] for chart in charts(app))
    table = next(each.value for each in app.dataframe if "Differs in" in each.value)
    assert table["Differs in"].tolist() == ["–"] * 3 + ["clips, machine"] * 3
    assert OTHER in table["Machine"].tolist()
    app.segmented_control(key="compared-stage").set_value("total").run()
    assert not app.exception


def test_an_added_result_can_be_opened_and_dropped(open_page):
    app = open_page("benchmark")
    add(app, ("there.json", elsewhere()))
    assert "The engine extracts 60 clips in 2.2 s" in texts(app)
    assert app.main.selectbox[0].options == ["Imported · there · 4.4 times faster; 60 clips, 8 cores"]
    machine = next(each.value for each in app.dataframe if list(each.value) == ["Name", "Value"])
    assert OTHER in machine["Value"].tolist()
    # Other pages and back: it is kept for the visit.
    app.switch_page("pages/overview.py").run()
    app.switch_page("pages/benchmark.py").run()
    assert "The engine extracts 60 clips" in texts(app)
    app.button(key="benchmark-import-drop").click().run()
    assert not app.exception
    assert "Nothing has been measured on this machine yet." in texts(app)


def test_a_wrong_file_is_refused_beside_a_good_one(open_page):
    finish(make_run())
    app = open_page("benchmark")
    add(app, ("**bad**.json", b'{"clips": NaN'), ("good.json", elsewhere()))
    (error,) = app.error
    assert "not valid JSON" in error.value
    assert "Choose a file that" in error.value
    assert len(app.multiselect(key="benchmark-compared").value) == 2
    add(app, ("again.json", elsewhere()), number=1)
    assert not app.error
    assert len(app.multiselect(key="benchmark-compared").options) == 2, "the same result counts once"


def test_only_so_many_results_are_kept(open_page):
    app = open_page("benchmark")
    add(app, *((f"{number}.json", elsewhere(clips=60 + number)) for number in range(9)))
    (error,) = app.error
    assert "8 results were added already. Drop them first." in error.value
    assert len(app.multiselect(key="benchmark-compared").options) == 8
    assert len(app.multiselect(key="benchmark-compared").value) == 6


def test_runs_of_this_machine_can_be_compared(open_page):
    finish(make_run(1), repeats=1)
    run = finish(make_run(2))
    app = open_page("benchmark")
    box = app.multiselect(key="benchmark-compared")
    assert box.value == []
    box.set_value([run.id, make_id(1)]).run()
    assert not app.exception
    assert not app.warning
    assert any(chart["alt"].startswith("Times faster than the first version.") for chart in charts(app))
    (run.folder / "report.json").unlink()
    app.run()
    assert not app.exception
