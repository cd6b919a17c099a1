"""The overview: numbers, sample, steps, jobs, last runs; errors of all pages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmark_helpers import result_fields
from dashboard_helpers import ROOT, SCORES, charts, run_list, save_small_model, texts
from training_helpers import answers, finish, make_report, make_run, start

from aec.benchmark.results import Measurement
from aec.corpora import scan
from aec.corpora.measurement_cache import CachedCounts, cached_counts
from aec.runs.run import create_run
from aec.settings import read_settings
from aec.ui.overview.recent_runs import best_speed_up

PAGES = ("overview", "dataset", "benchmark", "training", "prediction")


def timed(version, jobs, stage, seconds, *, cold=False):
    """Return a measurement for each repeat."""
    return [
        Measurement(
            version,
            {"first": "sequential", "final": "loky", "engine": "threading"}[version],
            jobs,
            cold=cold,
            repeat=repeat,
            stage=stage,
            seconds=each,
            cpu_s=1.0,
            peak_memory_mb=100.0,
        )
        for repeat, each in enumerate(seconds, start=1)
    ]


FIRST = [
    *timed("first", 1, "extraction", [1.0] * 3),
    *timed("first", 1, "extraction", [1.0] * 3, cold=True),
    *timed("first", 1, "total", [1.0] * 3),
]
WHOLE = timed("engine", 2, "total", [1 / 7.0] * 3)
MEASURED = [
    *FIRST,
    *timed("final", 2, "extraction", [1 / 1.9] * 3),
    *timed("engine", 2, "extraction", [1 / 3.9, 1 / 4.3, 1 / 4.8]),
    *timed("engine", 1, "extraction", [1 / 9.9] * 3, cold=True),
    *WHOLE,
]


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch):
    monkeypatch.setattr("aec.runs.queue.ensure_worker", lambda _home: None)


def links(app):
    return [link.proto.page for link in app.page_link]


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def benchmarked(measurements, number=1, data=None):
    config = {"kind": "benchmark", "data": [str(data or "nowhere")], "owner": ""}
    run = create_run(config, read_settings().home / "runs" / f"2026112{number}-110000-benchmark-{number:04}")
    run.write_report(result_fields(measurements=tuple(measurements), clips=28))
    run.write_state("finished")
    return run


def scanned(write_sound, monkeypatch, tmp_path):
    """A corpus under AEC_DATA that was scanned once, and one that was not."""
    for speaker in (1, 2, 3):
        write_sound(f"data/RAVDESS/Actor_{speaker:02}/03-01-05-01-01-01-{speaker:02}.wav", 0.3, seed=speaker)
    write_sound("data/other/03-01-05-01-01-01-09.wav", 0.3, seed=9)
    monkeypatch.setenv("AEC_DATA", str(tmp_path / "data"))
    scan([tmp_path / "data" / "RAVDESS"])
    return tmp_path / "data"


def test_the_overview_before_any_run(open_page):
    app = open_page()
    assert metrics(app) == {"Clips known": "28", "Speakers": "4", "Best UAR": "0.58", "Best speed-up": "–"}
    said = texts(app)
    assert "Of the demo corpora. Clips in your folders count once they were scanned." in said
    assert "0.52 to 0.64, unseen speakers, 5 folds. Bundled model, on synthetic speech." in said
    assert "Nothing is running." in said
    assert "Nothing was trained or measured yet." in said
    assert [link.proto.label for link in app.page_link if link.proto.page == "benchmark"] == ["Not measured yet"]
    assert not (read_settings().home / "runs").exists()
    assert not (read_settings().home / "clips.sqlite").exists()


def test_the_way_has_five_steps_with_a_link_each(open_page):
    app = open_page()
    steps = [link.proto for link in app.page_link if link.proto.label.startswith("**") and ". " in link.proto.label]
    assert [step.label for step in steps] == [
        "**1. Files**",
        "**2. Clips**",
        "**3. Features**",
        "**4. Model**",
        "**5. Prediction**",
    ]
    assert set(links(app)) == {"dataset", "training", "prediction", "benchmark"}


def test_a_sample_has_its_prediction(open_page):
    app = open_page()
    (bars,) = charts(app)
    assert bars["alt"].startswith("Probability of each emotion: ")
    assert app.get("audio")
    said = texts(app)
    assert "Likely " in said
    assert "Synthetic speech, meant as sad" in said
    assert "The model was trained on this voice" in said
    assert "**Try your own**" in [link.proto.label for link in app.page_link]


def test_the_page_does_without_a_score(open_page, use_model, tmp_path):
    bare = save_small_model(tmp_path / "bare.onnx", metrics=dict.fromkeys(SCORES))
    app = open_page()
    use_model(bare)
    app.run()
    assert not app.exception
    assert metrics(app)["Best UAR"] == "–"
    assert "Not measured yet on unseen speakers." in texts(app)


def test_the_page_does_without_demo_corpora(open_page, demo, monkeypatch):
    from aec.corpora.demo import DEMO_FOLDERS

    for name in DEMO_FOLDERS:
        monkeypatch.setitem(DEMO_FOLDERS, name, demo / "nowhere")
    app = open_page()
    assert metrics(app)["Clips known"] == "0"
    assert "there is no sample to show" in texts(app)


def test_only_scanned_clips_count(open_page, write_sound, monkeypatch, tmp_path):
    data = scanned(write_sound, monkeypatch, tmp_path)
    cache = read_settings().home / "clips.sqlite"
    assert cached_counts(cache, [data]) == CachedCounts(3, 3)
    app = open_page()
    assert metrics(app)["Clips known"] == "31"
    assert metrics(app)["Speakers"] == "7"
    said = texts(app)
    assert "28 of the demo corpora and 3 that earlier scans found in your folders." in said
    assert "4 synthetic voices, and 3 named by your clips." in said
    monkeypatch.setenv("AEC_PUBLIC", "1")
    assert metrics(open_page())["Clips known"] == "28"


def test_cached_clips_of_other_folders_do_not_count(write_sound, monkeypatch, tmp_path):
    data = scanned(write_sound, monkeypatch, tmp_path)
    cache = read_settings().home / "clips.sqlite"
    assert cached_counts(cache, [tmp_path / "elsewhere"]) == CachedCounts()
    assert cached_counts(cache, [data], without=[data / "RAVDESS"]) == CachedCounts()
    assert cached_counts(cache, []) == CachedCounts()
    assert cached_counts(tmp_path / "missing.sqlite", [data]) == CachedCounts()
    junk = tmp_path / "junk.sqlite"
    junk.write_bytes(b"no database" * 100)
    assert cached_counts(junk, [data]) == CachedCounts()


def test_the_best_score_on_unseen_speakers_is_shown_and_an_optimistic_one_is_not(open_page):
    good = finish(make_run(1), make_report(answers(0.9)))
    random = make_run(2)
    (random.folder / "config.json").write_text(
        (random.folder / "config.json").read_text().replace("speaker", "random")
    )
    finish(random, make_report(answers(1.0), split_title="random split, speakers on both sides, 5 folds"))
    partial = make_report(answers(1.0), folds_done=1, split_title="unseen speakers, 1 of 5 folds")
    finish(make_run(3), partial, "cancelled")
    finish(make_run(4), partial)
    app = open_page()
    assert metrics(app)["Best UAR"] == f"{good.report()['uar']:.2f}"
    assert "unseen speakers, 5 folds. Training of " in texts(app)


def test_the_best_speed_up_is_a_warm_extraction(open_page):
    benchmarked(MEASURED)
    benchmarked(FIRST, 2)
    app = open_page()
    assert metrics(app)["Best speed-up"] == "4.3×"
    assert "3.9 to 4.8 over the repeats: features, our engine on 2 workers against the first version." in texts(app)


def test_the_best_speed_up_of_the_whole_run_without_an_extraction(demo):
    assert best_speed_up(read_settings()) is None
    benchmarked([*FIRST, *WHOLE])
    best = best_speed_up(read_settings())
    assert best is not None
    assert (round(best.speed_up, 6), best.stage, best.cold) == (7.0, "total", False)


def test_the_last_three_runs_of_any_kind_lead_to_their_pages(open_page):
    for number in (1, 2, 3):
        finish(make_run(number), make_report(answers(0.8)))
    benchmarked(MEASURED, 4)
    app = open_page()
    buttons = [button for button in app.button if (button.key or "").startswith("open-")]
    assert [button.label.split(" · ")[0] for button in buttons] == ["Benchmark", "Training", "Training"]
    assert "unseen speakers, 5 folds" in buttons[1].label
    buttons[2].click().run()
    assert not app.exception
    # The browser goes there by itself; here the page is opened by hand.
    app.switch_page("pages/training.py").run()
    assert run_list(app).value == "20261122-100000-mlp-0002"


def test_in_public_only_runs_on_the_demo_corpora_are_shown(open_page, demo, monkeypatch):
    monkeypatch.setenv("AEC_PUBLIC", "1")
    finish(make_run(1, demo / "mine"), make_report(answers(0.95)))
    benchmarked(MEASURED, 2, demo / "mine")
    app = open_page()
    assert metrics(app)["Best UAR"] == "0.58"
    assert metrics(app)["Best speed-up"] == "–"
    assert "Nothing was trained or measured yet." in texts(app)


def test_active_jobs_are_shown(open_page):
    start(make_run(1))
    app = open_page()
    assert "Training (MLP)" in [link.proto.label for link in app.page_link]
    assert app.main.get("progress")
    assert "Nothing is running." not in texts(app)


def test_a_failed_run_is_listed_as_failed(open_page):
    make_run().write_state("failed", "Out of memory.")
    assert any(button.label.endswith("· failed") for button in open_page().button)


def test_a_first_visit_loads_no_pandas(small_model):
    code = f"""
import sys
from pathlib import Path
import aec.prediction.predictor
from streamlit.testing.v1 import AppTest
aec.prediction.predictor.BUNDLED_MODEL = Path({str(small_model)!r})
app = AppTest.from_file("streamlit_app.py", default_timeout=60).run()
assert not app.exception and app.subheader
print(*(name for name in ("pandas", "librosa", "sklearn", "torch") if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_one_title_and_no_error(open_page, page):
    app = open_page(page)
    assert len(app.title) == 1
    assert not app.error
    assert not app.warning


@pytest.mark.parametrize("page", PAGES)
def test_sentences_are_plain(open_page, page):
    said = texts(open_page(page))
    assert "!" not in said
    assert str(ROOT) not in said


def test_a_wrong_setting_is_an_error_on_the_page(open_page, monkeypatch):
    monkeypatch.setenv("AEC_MAX_MB", "plenty")
    app = open_page("prediction")
    (error,) = app.error
    assert error.proto.title == "This page cannot be shown"
    assert error.value == "AEC_MAX_MB is 'plenty'; a number above zero is expected. Set or unset AEC_MAX_MB."


def test_a_visit_alone_leaves_no_file(open_page):
    open_page()
    assert list(Path(os.environ["AEC_HOME"]).rglob("*")) == []
