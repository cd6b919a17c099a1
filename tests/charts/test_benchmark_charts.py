"""The benchmark's figures, tables, sentences and files, without Streamlit."""

import copy
import csv
import io
import json

import pytest
from benchmark_helpers import make_benchmark_report, make_network_rows, make_stages

from aec.benchmark.comparing import version_rows, what_differs
from aec.benchmark.networks import with_figures
from aec.charts.comparing import comparison_alt, comparison_chart
from aec.charts.networks import networks_alt, networks_chart
from aec.charts.scaling import efficiency_alt, efficiency_chart, scaling_alt, scaling_chart
from aec.charts.stages import stages_alt, stages_chart
from aec.settings import read_settings
from aec.ui.benchmark.comparison import cautions, short_titles
from aec.ui.benchmark.document import charts_html
from aec.ui.benchmark.files import measurements_csv, result_json
from aec.ui.benchmark.imported import Imported
from aec.ui.benchmark.network_words import network_reasons, network_sentence
from aec.ui.benchmark.reasons import scaling_reasons, stage_reasons, start_reasons, worker_reasons
from aec.ui.benchmark.tables import comparison_table, networks_table, stages_table

CURVES = {"Final version, processes": {1: 1.0, 2: 1.5}, "Engine, threads": {1: 1.0, 2: 1.8, 4: 2.0}}
HOSTILE = "<img src=x onerror=alert(1)>"


def elsewhere(**changes):
    report = make_benchmark_report(**changes)
    report["machine"] = {**report["machine"], "processor": "Another one", "cores": 8}
    return report


FIGURES = {
    "stages": lambda: stages_chart(make_stages()),
    "comparison": lambda: comparison_chart({"A": version_rows(make_benchmark_report())}),
    "scaling": lambda: scaling_chart(CURVES, make_benchmark_report()["amdahl"]),
    "efficiency": lambda: efficiency_chart(CURVES),
    "networks": lambda: networks_chart(make_network_rows()),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_starts_at_zero_and_names_its_axes(name):
    figure = FIGURES[name]()
    number = figure.layout.xaxis if name in {"stages", "comparison", "networks"} else figure.layout.yaxis
    assert number.rangemode == "tozero"
    assert number.title.text
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("name", FIGURES)
def test_every_visible_mark_has_a_hover_text(name):
    assert all(trace.hoverinfo == "skip" or trace.hovertemplate for trace in FIGURES[name]().data)


def test_stages_are_stacked_in_the_order_of_the_work_and_told_apart_without_colour():
    figure = stages_chart(make_stages())
    assert [bar.name for bar in figure.data] == ["Decode", "Resample", "Frames, window, FFT", "Mel, logarithm, DCT"]
    assert figure.layout.barmode == "stack"
    assert list(figure.data[2].y) == ["First version", "Engine"]
    assert list(figure.data[2].x) == [3.0, 1.2]
    assert len({bar.marker.pattern.shape for bar in figure.data}) == 4
    said = stages_alt(make_stages())
    assert "First version 8.0 ms: Decode 6%" in said
    assert "Engine 4.0 ms" in said


def test_stages_of_one_version_alone_are_drawn():
    rows = [row for row in make_stages() if row["version"] == "engine"]
    assert list(stages_chart(rows).data[0].y) == ["Engine"]
    assert "First version" not in stages_alt(rows)
    assert list(stages_table(rows)) == ["Stage", "Engine (ms)", "Engine (%)"]
    assert stages_table(rows)["Engine (ms)"].tolist() == [0.5, 1.5, 1.2, 0.8, 4.0]


def test_efficiency_is_speed_up_by_workers():
    engine = efficiency_chart(CURVES).data[1]
    assert list(engine.y) == [100, 90, 50]
    assert "Engine, threads 50% with 4 workers" in efficiency_alt(CURVES)


def test_the_projection_is_called_one():
    report = make_benchmark_report()
    names = [line.name for line in scaling_chart(CURVES, report["amdahl"]).data]
    assert names[-2:] == ["Amdahl’s law (projection)", "Ideal"]
    assert "of the engine’s work does not spread" in scaling_alt(CURVES, report["amdahl"])
    assert "Amdahl’s law (projection)" not in [line.name for line in scaling_chart(CURVES, None).data]


def test_networks_are_bars_with_their_range():
    rows = make_network_rows()
    bars, words = networks_chart(rows).data
    assert list(bars.y) == [
        "One process, 1 thread",
        "One process, 2 threads",
        "Data parallel, 2 processes",
        "Model parallel, 2 processes",
    ]
    assert bars.x[0] == pytest.approx(32 / 0.44, abs=1e-3)
    assert bars.x[0] + bars.error_x.array[0] == pytest.approx(80)
    assert bars.x[0] - bars.error_x.arrayminus[0] == pytest.approx(32 / 0.48, abs=1e-3)
    assert len(set(bars.marker.color)) == 3
    assert words.text[0].strip() == "72.7"
    said = networks_alt(rows)
    assert "One process, 1 thread 72.7 (100% efficiency)" in said
    assert "Model parallel, 2 processes 90.9 (62% efficiency)" in said


def test_the_table_of_the_networks_says_what_is_lost_on_the_way():
    table = networks_table(make_network_rows()).set_index("Setting")
    assert table.loc["Data parallel, 2 processes"].tolist() == [2, 1, 145.5, "100", "2.0", "–", "133.3–160.0", 220]
    assert table.loc["Model parallel, 2 processes", "Idle (%)"] == "26"
    assert table.loc["One process, 2 threads", ["Processes", "Threads each"]].tolist() == [1, 2]
    unknown = networks_table([{**make_network_rows()[0], "efficiency": None}])
    assert unknown["Efficiency (%)"].tolist() == ["–"]


def network_report(**times) -> dict:
    """A report whose networks took some seconds a step, by kind and number of cores such as `data2`."""
    rows = make_network_rows()
    for row in rows:
        seconds = times.get(f"{row['parallel']}{row['workers'] * row['threads']}")
        if seconds:
            row["repeats_s"] = [seconds] * 3
    return make_benchmark_report(networks=with_figures(rows))


def test_the_words_about_networks_hold_the_measured_figures():
    report = network_report(none1=0.4, none2=0.25, data2=0.24, model2=0.32)
    said = network_reasons(report)
    assert said[0].endswith("Here 2 processes reached 1.04 times the speed of 2 threads.")
    assert "Here that is 2.0 MB, 2.0% of a step with 2 processes" in said[1]
    assert said[2].startswith("**Data parallelism pays** where each process brings a device of its own")
    assert "with 4 pieces and 2 processes 20%. Here even the busiest process was idle for 26% of a step" in said[3]
    assert said[4].endswith(
        "The weights of this one take 2.0 MB. With as many processes, data parallelism reached 1.33 times its speed "
        "here."
    )
    assert network_sentence(report["networks"]) == (
        "**Data parallel, 2 processes**: 133.3 clips per second, as fast as the best single process (2 threads)."
    )


def test_the_words_about_networks_follow_what_was_measured():
    faster = network_report(none1=0.4, none2=0.25, data2=0.2)
    assert "1.25 times the speed of 2 threads: threads wait for one another" in network_reasons(faster)[0]
    assert "busy machine" not in network_reasons(faster)[0]
    assert network_sentence(faster["networks"]).endswith(
        "1.25 times the speed of the best single process (2 threads)."
    )
    slower = network_report(none1=0.4, none2=0.2, data2=0.25)
    assert "0.80 times the speed of 2 threads: what they exchange" in network_reasons(slower)[0]
    busy = network_report(none1=0.4, none2=2.0, data2=0.4)
    assert "That 2 threads were slower than one tells of a busy machine" in network_reasons(busy)[0]


def test_the_words_about_networks_do_without_what_was_not_measured():
    alone = make_benchmark_report(networks=make_network_rows()[:1])
    said = network_reasons(alone)
    assert len(said) == 5
    assert "Here" not in " ".join(said)
    assert network_sentence(alone["networks"]) == "**One process, 1 thread** trains on 72.7 clips per second."
    model = make_benchmark_report(networks=with_figures(make_network_rows()[3:]))
    assert all(network_reasons(model))
    assert network_sentence(model["networks"]).startswith("**Model parallel, 2 processes** trains on")


def test_comparison_groups_bars_by_result_with_their_range():
    rows = {"Here": version_rows(make_benchmark_report()), HOSTILE: version_rows(elsewhere())}
    figure = comparison_chart(rows)
    assert [bar.name for bar in figure.data] == ["Final version", "Engine"]
    assert list(figure.data[1].y) == ["Here", "&lt;img src=x onerror=alert(1)&gt;"]
    assert len(figure.data[1].error_x.array) == 2
    assert "Here: Final version, 2 processes 2.0 times (2.0 to 2.0), Engine, 2 threads 4.4" in comparison_alt(rows)
    assert "nothing to compare" in comparison_alt({"Empty": []})
    assert len(comparison_chart({"Empty": []}).data) == 0


def test_what_differs_between_results():
    base = make_benchmark_report()
    assert what_differs(base, base) == []
    assert what_differs(elsewhere(), base) == ["machine"]
    other = {**elsewhere(), "clips": 60, "features": {**base["features"], "n_mfcc": 20}}
    other["machine"]["libraries"] = {"numpy": "3"}
    assert what_differs(other, base) == ["clips", "features", "machine", "libraries"]
    assert what_differs({**base, "features": None}, base) == [], "an older result does not say"


def test_what_may_not_be_compared_is_said_with_the_names_of_the_results():
    reports = {"A": make_benchmark_report(), "B": {**elsewhere(), "clips": 60}, "C": elsewhere()}
    clips, machine = cautions(reports)
    assert clips.startswith("“B”: other clips.")
    assert machine.startswith("“B”, “C”: another machine.")
    assert cautions({"A": make_benchmark_report(), "B": make_benchmark_report()}) == []


def test_the_table_of_a_comparison_marks_what_differs():
    reports = {"A": make_benchmark_report(), "B": {**elsewhere(), "clips": 60}}
    table = comparison_table(reports, "extraction").set_index(["Result", "Version"])
    assert len(table) == 6
    row = table.loc["B", "Engine, 2 threads"]
    assert (row["Differs in"], row["Cores"], row["Clips"]) == ("clips, machine", 8, 60)
    assert (row["Median (s)"], row["Speed-up"], row["Accuracy (%)"]) == (2.16, 4.44, "50.0")
    assert table.loc["A", "First version"]["Differs in"] == "–"


def test_reasons_hold_the_measured_figures():
    report = make_benchmark_report()
    threads, processes, cuda = worker_reasons(report)
    assert "2 threads kept 2.0 cores busy here" in threads
    assert "the final version held 300 MB here, the first version 300 MB" in processes
    assert cuda.startswith("**CUDA**")
    said = " ".join(start_reasons(report))
    assert "the first version 2.0 s, the final version 2.0 s and the engine 2.0 s" in said
    assert "take turns on the same 2 cores" in scaling_reasons(report)[1]
    summary = [*report["summary"]]
    two = next(r for r in summary if (r["version"], r["jobs"], r["cold"]) == ("engine", 2, False))
    summary.append({**two, "jobs": 4, "seconds": two["seconds"] / 0.9})
    assert (
        "4 workers reached 0.90 times the speed of 2 workers here."
        in scaling_reasons({**report, "summary": summary})[1]
    )


def test_reasons_do_without_what_was_not_measured():
    report = make_benchmark_report()
    report["summary"] = [r for r in report["summary"] if r["version"] == "first" and not r["cold"]]
    assert "cores busy" not in worker_reasons(report)[0]
    assert "MB" not in worker_reasons(report)[1]
    assert start_reasons(report)
    assert stage_reasons([]) == []
    engine_alone = [row for row in make_stages() if row["version"] == "engine"]
    assert len(stage_reasons(engine_alone)) == 1


def test_the_reason_of_the_stages_names_the_longest_and_the_saving():
    said = stage_reasons(make_stages())
    assert said[0] == "Of the engine’s 4.0 ms a clip, most goes into “Resample” (1.5 ms, 38%)."
    assert said[1] == "Against the first version’s 8.0 ms it saves most in “Mel, logarithm, DCT” (2.2 ms)."


def test_the_csv_holds_every_repeat_and_no_formula():
    report = make_benchmark_report()
    report["machine"]["processor"] = "=cmd()"
    rows = list(csv.DictReader(io.StringIO(measurements_csv({"@home": report}))))
    assert len(rows) == len(report["measurements"])
    assert rows[0]["processor"] == "'=cmd()"
    assert rows[0]["result"] == "'@home"
    engine = [row for row in rows if row["version"] == "Engine" and row["workers"] == "2" and row["start"] == "cold"]
    assert {(row["repeat"], row["stage"], row["backend"]) for row in engine} >= {
        (str(repeat), stage, "threads") for repeat in (1, 2, 3) for stage in ("extraction", "total")
    }
    assert float(engine[0]["seconds"]) > 0


def test_the_csv_holds_every_repeat_of_the_networks():
    report = make_benchmark_report(networks=make_network_rows())
    rows = list(csv.DictReader(io.StringIO(measurements_csv({"here": report}))))
    steps = [row for row in rows if row["stage"] == "step"]
    assert len(steps) == len(rows) - len(report["measurements"]) == 12
    data = [row for row in steps if row["backend"] == "Data parallel, 2 processes"]
    assert [(row["version"], row["workers"], row["clips"], row["repeat"]) for row in data] == [
        ("CRNN", "2", "32", str(repeat)) for repeat in (1, 2, 3)
    ]
    assert [float(row["seconds"]) for row in data] == [0.2, 0.22, 0.24]
    del report["networks"]
    assert measurements_csv({"here": report})


def test_the_json_is_the_report():
    report = make_benchmark_report()
    assert json.loads(result_json(report, read_settings())) == report


@pytest.mark.parametrize(
    "quoted", ['"/srv/corpora/x.wav"', "“loop” in /srv/corpora/x.wav", "C:\\\\Users\\\\me\\\\x.wav"]
)
def test_the_json_stays_json_whatever_a_note_quotes(quoted):
    report = make_benchmark_report(notes=[f"FileNotFoundError: {quoted}", "“Final version” died"])
    found = json.loads(result_json(report, read_settings()))
    assert "/srv/corpora" not in found["notes"][0]
    assert found["notes"][1] == "“Final version” died"
    assert found["measurements"] == report["measurements"]


def test_results_of_equal_names_stay_apart_in_a_comparison():
    names = [Imported(id=str(number), name=name, report={}) for number, name in enumerate(["a", "a", "a 1", "a 2"])]
    short = short_titles({f"title {each.id}": each for each in names})
    assert len(set(short.values())) == 4


def test_the_html_stands_alone_and_escapes_what_strangers_write():
    report = copy.deepcopy(make_benchmark_report(notes=[f"{HOSTILE} in /home/someone/x.wav"]))
    report["machine"]["processor"] = HOSTILE
    report["corpora"] = {HOSTILE: 120}
    text = charts_html(report, f"Benchmark {HOSTILE}", read_settings())
    assert HOSTILE not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") == 5
    assert "/home/someone" not in text
    assert text.startswith("<!doctype html>")
    assert text.count("/*! For license information") <= 1
    assert "<script src=" not in text
    assert report["sentence"] in text
    for heading in ("Scaling", "Efficiency", "Where the time goes", "Memory", "Accuracy", "Versions", "Machine"):
        assert f"<h2>{heading}</h2>" in text
    assert text.count("<summary>As a table</summary>") == 6


def test_the_html_holds_the_networks_where_they_were_measured():
    text = charts_html(make_benchmark_report(networks=make_network_rows()), "Benchmark", read_settings())
    assert "<h2>Networks</h2>" in text
    assert "Clips per second in training: One process, 1 thread 72.7" in text
    assert "<h2>Networks</h2>" not in charts_html(make_benchmark_report(), "Benchmark", read_settings())


def test_the_html_of_a_short_result_leaves_out_what_is_not_there():
    report = make_benchmark_report(stages=[], timelines=[], amdahl=None)
    report["parity"]["scores"] = []
    text = charts_html(report, "Benchmark", read_settings())
    assert "Where the time goes" not in text
    assert "<h2>Memory</h2>" not in text
