"""The benchmark's figures, tables, sentences and files, without Streamlit."""

import csv
import io
import json

import pytest
from benchmark_helpers import (
    make_clip_stages,
    make_network_speeds,
    make_parity,
    make_result,
)
from msgspec.structs import replace

from aec.benchmark.network_speed import network_speeds
from aec.benchmark.result_file import read_result
from aec.benchmark.results import Machine
from aec.benchmark.summary import differences, fastest_of_each
from aec.charts.benchmark import comparison_alt, comparison_chart
from aec.charts.clip_stages import stages_alt, stages_chart
from aec.charts.network_speed import networks_alt, networks_chart
from aec.charts.scaling import efficiency_alt, efficiency_chart, scaling_alt, scaling_chart
from aec.settings import read_settings
from aec.ui.benchmark.comparison import cautions, short_titles
from aec.ui.benchmark.explanations import explain_clip_stages, explain_scaling, explain_start, explain_workers
from aec.ui.benchmark.export import charts_html, measurements_csv, result_json
from aec.ui.benchmark.network_explanations import explain_networks, network_sentence
from aec.ui.benchmark.tables import comparison_table, networks_table, stages_table
from aec.ui.benchmark.uploaded_results import UploadedResult

CURVES = {"Final version, processes": {1: 1.0, 2: 1.5}, "Engine, threads": {1: 1.0, 2: 1.8, 4: 2.0}}
HOSTILE = "<img src=x onerror=alert(1)>"


def elsewhere(**changes):
    machine = replace(make_result().machine, processor="Another one", cores=8)
    return make_result(**{"machine": machine, **changes})


FIGURES = {
    "stages": lambda: stages_chart(make_clip_stages()),
    "comparison": lambda: comparison_chart({"A": fastest_of_each(make_result().summary)}),
    "scaling": lambda: scaling_chart(CURVES, make_result().amdahl),
    "efficiency": lambda: efficiency_chart(CURVES),
    "networks": lambda: networks_chart(make_network_speeds()),
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


def test_stages_are_stacked_in_the_order_of_the_work_and_distinguishable_without_colour():
    figure = stages_chart(make_clip_stages())
    assert [bar.name for bar in figure.data] == ["Decode", "Resample", "Frames, window, FFT", "Mel, logarithm, DCT"]
    assert figure.layout.barmode == "stack"
    assert list(figure.data[2].y) == ["First version", "Engine"]
    assert list(figure.data[2].x) == [3.0, 1.2]
    assert len({bar.marker.pattern.shape for bar in figure.data}) == 4
    text = stages_alt(make_clip_stages())
    assert "First version 8.0 ms: Decode 6%" in text
    assert "Engine 4.0 ms" in text


def test_stages_of_one_version_alone_are_drawn():
    rows = [row for row in make_clip_stages() if row.version == "engine"]
    assert list(stages_chart(rows).data[0].y) == ["Engine"]
    assert "First version" not in stages_alt(rows)
    assert list(stages_table(rows)) == ["Stage", "Engine (ms)", "Engine (%)"]
    assert stages_table(rows)["Engine (ms)"].tolist() == [0.5, 1.5, 1.2, 0.8, 4.0]


def test_efficiency_is_speed_up_by_workers():
    engine = efficiency_chart(CURVES).data[1]
    assert list(engine.y) == [100, 90, 50]
    assert "Engine, threads 50% with 4 workers" in efficiency_alt(CURVES)


def test_the_projection_is_called_one():
    amdahl = make_result().amdahl
    names = [line.name for line in scaling_chart(CURVES, amdahl).data]
    assert names[-2:] == ["Amdahl’s law (projection)", "Ideal"]
    assert "of the engine’s work does not spread" in scaling_alt(CURVES, amdahl)
    assert "Amdahl’s law (projection)" not in [line.name for line in scaling_chart(CURVES, None).data]


def test_networks_are_bars_with_their_range():
    rows = make_network_speeds()
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
    text = networks_alt(rows)
    assert "One process, 1 thread 72.7 (100% efficiency)" in text
    assert "Model parallel, 2 processes 90.9 (62% efficiency)" in text


def test_the_table_of_the_networks_says_what_is_lost_on_the_way():
    table = networks_table(make_network_speeds()).set_index("Setting")
    assert table.loc["Data parallel, 2 processes"].tolist() == [2, 1, 145.5, "100", "2.0", "–", "133.3–160.0", 220]
    assert table.loc["Model parallel, 2 processes", "Idle (%)"] == "26"
    assert table.loc["One process, 2 threads", ["Processes", "Threads each"]].tolist() == [1, 2]
    unknown = networks_table([replace(make_network_speeds()[0], efficiency=None)])
    assert unknown["Efficiency (%)"].tolist() == ["–"]


def speeds_with(**seconds: float):
    """Return speeds for seconds per step, by parallelism and cores such as `data2`."""
    return network_speeds(
        [
            replace(row, repeats_s=(seconds.get(f"{row.parallel}{row.cores}", row.repeats_s[0]),) * 3)
            for row in make_network_speeds()
        ]
    )


def test_the_words_about_networks_hold_the_measured_figures():
    rows = speeds_with(none1=0.4, none2=0.25, data2=0.24, model2=0.32)
    words = explain_networks(rows)
    assert words[0].endswith("Here 2 processes reached 1.04 times the speed of 2 threads.")
    assert "Here that is 2.0 MB, 2.0% of a step with 2 processes" in words[1]
    assert words[2].startswith("**Data parallelism pays** if each process has a device of its own")
    assert "with 4 pieces and 2 processes 20%. Here even the busiest process was idle for 26% of a step" in words[3]
    assert words[4].endswith(
        "The weights of this one take 2.0 MB. With as many processes, data parallelism reached 1.33 times its speed "
        "here."
    )
    assert network_sentence(rows) == (
        "**Data parallel, 2 processes**: 133.3 clips per second, as fast as the best single process (2 threads)."
    )


def test_the_words_about_networks_follow_what_was_measured():
    faster = speeds_with(none1=0.4, none2=0.25, data2=0.2)
    assert "1.25 times the speed of 2 threads: threads synchronise" in explain_networks(faster)[0]
    assert "busy machine" not in explain_networks(faster)[0]
    assert network_sentence(faster).endswith("1.25 times the speed of the best single process (2 threads).")
    slower = speeds_with(none1=0.4, none2=0.2, data2=0.25)
    assert "0.80 times the speed of 2 threads: exchange and" in explain_networks(slower)[0]
    busy = speeds_with(none1=0.4, none2=2.0, data2=0.4)
    assert "2 threads slower than one are a sign of a busy machine" in explain_networks(busy)[0]


def test_the_words_about_networks_do_without_what_was_not_measured():
    alone = network_speeds(make_network_speeds()[:1])
    words = explain_networks(alone)
    assert len(words) == 5
    assert "Here" not in " ".join(words)
    assert network_sentence(alone) == "**One process, 1 thread** trains on 72.7 clips per second."
    model = network_speeds(make_network_speeds()[3:])
    assert all(explain_networks(model))
    assert network_sentence(model).startswith("**Model parallel, 2 processes** trains on")


def test_comparison_groups_bars_by_result_with_their_range():
    rows = {"Here": fastest_of_each(make_result().summary), HOSTILE: fastest_of_each(elsewhere().summary)}
    figure = comparison_chart(rows)
    assert [bar.name for bar in figure.data] == ["Final version", "Engine"]
    assert list(figure.data[1].y) == ["Here", "&lt;img src=x onerror=alert(1)&gt;"]
    assert len(figure.data[1].error_x.array) == 2
    assert "Here: Final version, 2 processes 2.0 times (2.0 to 2.0), Engine, 2 threads 4.4" in comparison_alt(rows)
    assert "nothing to compare" in comparison_alt({"Empty": []})
    assert len(comparison_chart({"Empty": []}).data) == 0


def test_differences_between_results():
    base = make_result()
    assert differences(base, base) == []
    assert differences(elsewhere(), base) == ["machine"]
    other = elsewhere(clips=60, features=replace(base.features, n_mfcc=20))
    other = replace(other, machine=replace(other.machine, libraries={"numpy": "3"}))
    assert differences(other, base) == ["clips", "features", "machine", "libraries"]
    assert differences(replace(base, features=None), base) == [], "an older result has none"


def test_limits_of_a_comparison_are_listed_with_the_names_of_the_results():
    results = {"A": make_result(), "B": elsewhere(clips=60), "C": elsewhere()}
    clips, machine = cautions(results)
    assert clips.startswith("“B”: other clips.")
    assert machine.startswith("“B”, “C”: another machine.")
    assert cautions({"A": make_result(), "B": make_result()}) == []


def test_the_table_of_a_comparison_marks_differences():
    results = {"A": make_result(), "B": elsewhere(clips=60)}
    table = comparison_table(results, "extraction").set_index(["Result", "Version"])
    assert len(table) == 6
    row = table.loc["B", "Engine, 2 threads"]
    assert (row["Differs in"], row["Cores"], row["Clips"]) == ("clips, machine", 8, 60)
    assert (row["Median (s)"], row["Speed-up"], row["Accuracy (%)"]) == (2.16, 4.44, "50.0")
    assert table.loc["A", "First version"]["Differs in"] == "–"


def test_explanations_have_the_measured_figures():
    result = make_result()
    threads, processes, cuda = explain_workers(result)
    assert "2 threads kept 2.0 cores busy here" in threads
    assert "the peak of the final version was 300 MB here, that of the first version 300 MB" in processes
    assert cuda.startswith("**CUDA**")
    words = " ".join(explain_start(result))
    assert "the first version 2.0 s, the final version 2.0 s and the engine 2.0 s" in words
    assert "share the same 2 cores" in explain_scaling(result)[1]
    two = next(row for row in result.summary if row.key == ("engine", "threading", 2) and not row.cold)
    four = replace(two, jobs=4, seconds=two.seconds / 0.9)
    more = replace(result, summary=(*result.summary, four))
    assert "4 workers reached 0.90 times the speed of 2 workers here." in explain_scaling(more)[1]


def test_explanations_do_without_figures_that_were_not_measured():
    result = make_result()
    rows = [row for row in result.summary if row.version == "first" and not row.cold]
    result = replace(result, summary=tuple(rows))
    assert "cores busy" not in explain_workers(result)[0]
    assert "MB" not in explain_workers(result)[1]
    assert explain_start(result)
    assert explain_clip_stages([]) == []
    engine = [row for row in make_clip_stages() if row.version == "engine"]
    assert len(explain_clip_stages(engine)) == 1


def test_the_explanation_of_the_stages_names_the_longest_and_the_saving():
    text = explain_clip_stages(make_clip_stages())
    assert text[0] == "Of the engine’s 4.0 ms per clip, most are spent in “Resample” (1.5 ms, 38%)."
    assert text[1] == "Compared with the first version’s 8.0 ms, it saves most in “Mel, logarithm, DCT” (2.2 ms)."


def test_the_csv_holds_every_repeat_and_no_formula():
    result = make_result(machine=Machine(processor="=cmd()", cores=2))
    rows = list(csv.DictReader(io.StringIO(measurements_csv({"@home": result}))))
    assert len(rows) == len(result.measurements)
    assert rows[0]["processor"] == "'=cmd()"
    assert rows[0]["result"] == "'@home"
    engine = [row for row in rows if row["version"] == "Engine" and row["workers"] == "2" and row["start"] == "cold"]
    assert {(row["repeat"], row["stage"], row["backend"]) for row in engine} >= {
        (str(repeat), stage, "threads") for repeat in (1, 2, 3) for stage in ("extraction", "total")
    }
    assert float(engine[0]["seconds"]) > 0


def test_the_csv_holds_every_repeat_of_the_networks():
    result = make_result(networks=make_network_speeds())
    rows = list(csv.DictReader(io.StringIO(measurements_csv({"here": result}))))
    steps = [row for row in rows if row["stage"] == "step"]
    assert len(steps) == len(rows) - len(result.measurements) == 12
    data = [row for row in steps if row["backend"] == "Data parallel, 2 processes"]
    assert [(row["version"], row["workers"], row["clips"], row["repeat"]) for row in data] == [
        ("CRNN", "2", "32", str(repeat)) for repeat in (1, 2, 3)
    ]
    assert [float(row["seconds"]) for row in data] == [0.2, 0.22, 0.24]


def test_the_json_is_the_result():
    result = make_result(networks=make_network_speeds())
    assert read_result(result_json(result, read_settings()).encode()) == result


@pytest.mark.parametrize(
    "quoted", ['"/srv/corpora/x.wav"', "“loop” in /srv/corpora/x.wav", "C:\\\\Users\\\\me\\\\x.wav"]
)
def test_the_json_stays_json_whatever_a_note_quotes(quoted):
    result = make_result(notes=(f"FileNotFoundError: {quoted}", "“Final version” died"))
    found = json.loads(result_json(result, read_settings()))
    assert "/srv/corpora" not in found["notes"][0]
    assert found["notes"][1] == "“Final version” died"
    assert len(found["measurements"]) == len(result.measurements)


def test_results_of_equal_names_stay_apart_in_a_comparison():
    names = [
        UploadedResult(id=str(number), name=name, result=make_result())
        for number, name in enumerate(["a", "a", "a 1", "a 2"])
    ]
    short = short_titles({f"title {each.id}": each for each in names})
    assert len(set(short.values())) == 4


def test_the_html_stands_alone_and_escapes_what_strangers_write():
    result = make_result(
        notes=(f"{HOSTILE} in /home/someone/x.wav",),
        machine=Machine(processor=HOSTILE, cores=2),
        corpora={HOSTILE: 120},
    )
    text = charts_html(result, f"Benchmark {HOSTILE}", read_settings())
    assert HOSTILE not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") == 5
    assert "/home/someone" not in text
    assert text.startswith("<!doctype html>")
    assert text.count("/*! For license information") <= 1
    assert "<script src=" not in text
    assert result.sentence in text
    for heading in ("Scaling", "Efficiency", "Where the time goes", "Memory", "Accuracy", "Versions", "Machine"):
        assert f"<h2>{heading}</h2>" in text
    assert text.count("<summary>As a table</summary>") == 6


def test_the_html_holds_the_networks_where_they_were_measured():
    text = charts_html(make_result(networks=make_network_speeds()), "Benchmark", read_settings())
    assert "<h2>Networks</h2>" in text
    assert "Clips per second in training: One process, 1 thread 72.7" in text
    assert "<h2>Networks</h2>" not in charts_html(make_result(), "Benchmark", read_settings())


def test_the_html_of_a_short_result_leaves_out_what_is_not_there():
    result = make_result(stages=(), timelines=(), parity=make_parity(scores=()))
    text = charts_html(result, "Benchmark", read_settings())
    assert "Where the time goes" not in text
    assert "<h2>Memory</h2>" not in text
