"""Files of a benchmark's result: JSON, CSV of measurements, HTML of charts."""

import csv
import io
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from aec.benchmark.results import BenchmarkResult
from aec.benchmark.settings import VERSIONS
from aec.charts.benchmark import (
    cores_alt,
    cores_chart,
    f1_alt,
    f1_chart,
    memory_alt,
    memory_chart,
    rows_of,
    time_alt,
    time_chart,
)
from aec.charts.clip_stages import stages_alt, stages_chart
from aec.charts.network_speed import networks_alt, networks_chart
from aec.charts.scaling import efficiency_alt, efficiency_chart, scaling_alt, scaling_chart
from aec.charts.words import counted
from aec.settings import Settings
from aec.ui.benchmark.tables import (
    f1_table,
    machine_table,
    memory_table,
    networks_table,
    scaling_table,
    spread_of,
    stages_table,
    time_table,
    versions_table,
    worker_curves,
)
from aec.ui.download import json_text
from aec.ui.run_words import without_folders

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

# A spreadsheet reads a cell that starts with one of them as a formula.
_FORMULA = ("=", "+", "-", "@")

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light; }}
body {{ font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem;
  margin: 0 auto; padding: 1rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.15rem; margin-top: 2rem; }}
figure {{ margin: 0; }} figcaption {{ color: #555; font-size: .9rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .9rem; margin: .5rem 0; }}
th, td {{ border: 1px solid #ccc; padding: .25rem .5rem; text-align: left; }}
</style>
</head>
<body>
<main>
"""


def result_json(result: BenchmarkResult, settings: Settings) -> str:
    """Return the result as `aec benchmark --out` writes it, without folder names."""
    # Notes may quote messages of libraries, with paths; nothing else in a result names a folder.
    notes = tuple(without_folders(note, settings) for note in result.notes)
    return json_text(replace(result, notes=notes))


def measurements_csv(results: Mapping[str, BenchmarkResult]) -> str:
    """Return every measurement of every repeat, and steps of networks, one per row.

    Parameters
    ----------
    results : mapping of str to BenchmarkResult
        By title.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = ["result", "processor", "cores", "clips", "version", "workers", "backend", "stage", "start", "repeat"]
    writer.writerow([*head, "seconds", "cpu_s", "peak_memory_mb"])
    for title, result in results.items():
        about = [_cell(title), _cell(result.machine.processor), result.machine.cores]
        for row in result.measurements:
            configuration = [VERSIONS[row.version], row.jobs, row.worker_kind]
            stage = [row.stage, "cold" if row.cold else "warm", row.repeat]
            figures = [row.seconds, row.cpu_s, row.peak_memory_mb]
            writer.writerow([*about, result.clips, *configuration, *stage, *figures])
        for network in result.networks:
            setting = [network.network.upper(), network.workers, network.title]
            for repeat, seconds in enumerate(network.repeats_s, start=1):
                writer.writerow([*about, network.batch_size, *setting, "step", "warm", repeat, seconds, "", ""])
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


class _Section(NamedTuple):
    title: str
    figure: "go.Figure"
    alt: str
    table: "pd.DataFrame | None"


def charts_html(result: BenchmarkResult, title: str, settings: Settings) -> str:
    """Return all charts of a result with their tables, its sentence and its machine.

    Parameters
    ----------
    result : BenchmarkResult
    title : str
    settings : Settings
        Has the folders of this machine that are removed from texts.
    """
    parts = [_HEAD.format(title=escape(title)), f"<h1>{escape(title)}</h1>", f"<p>{escape(result.sentence)}</p>"]
    corpora = ", ".join(f"{name} {number:,}" for name, number in result.corpora.items())
    about = f"{corpora}; {result.duration_s / 60:.1f} minutes of sound; {counted(result.repeats, 'repeat')}."
    parts.append(f"<p>{escape(about)}</p>")
    parts += [f"<p>{escape(without_folders(note, settings))}</p>" for note in result.notes]
    # The JavaScript library is included once, with the first chart.
    parts += [_section_html(section, first=number == 0) for number, section in enumerate(_sections(result))]
    for heading, table in (("Versions", versions_table(result)), ("Machine", machine_table(result.machine))):
        parts.append(f"<h2>{heading}</h2><div class='wide'>{_table_html(table)}</div>")
    return "\n".join([*parts, "</main>\n</body>\n</html>\n"])


def _sections(result: BenchmarkResult) -> Iterator[_Section]:
    for cold, title in ((False, "Extraction, warm"), (True, "Extraction, from the start of a new process")):
        rows = rows_of(result.summary, "extraction", cold=cold)
        if rows:
            spread = spread_of(result.measurements, "extraction", cold=cold)
            yield _Section(title, time_chart(rows, spread), time_alt(rows), time_table(rows))
    curves = worker_curves(result.summary)
    if curves:
        amdahl = result.amdahl
        table = scaling_table(curves)
        yield _Section("Scaling", scaling_chart(curves, amdahl), scaling_alt(curves, amdahl), table)
        yield _Section("Efficiency", efficiency_chart(curves), efficiency_alt(curves), None)
    if networks := result.networks:
        yield _Section("Networks", networks_chart(networks), networks_alt(networks), networks_table(networks))
    if stages := result.stages:
        yield _Section("Where the time goes", stages_chart(stages), stages_alt(stages), stages_table(stages))
    if lines := result.timelines:
        yield _Section("Memory", memory_chart(lines), memory_alt(lines), memory_table(lines))
        for line in lines:
            yield _Section(f"Cores: {line.title}", cores_chart(line), cores_alt(line), None)
    if scores := result.parity.scores:
        yield _Section("Accuracy", f1_chart(scores), f1_alt(scores), f1_table(scores))


def _section_html(section: _Section, *, first: bool) -> str:
    figure = section.figure.update_layout(template="plotly_white", paper_bgcolor="#FFFFFF", plot_bgcolor="#FFFFFF")
    chart = figure.to_html(
        full_html=False, include_plotlyjs=first, config={"displayModeBar": False, "responsive": True}
    )
    table = ""
    if section.table is not None:
        table = (
            f"<details><summary>As a table</summary><div class='wide'>{_table_html(section.table)}</div></details>"
        )
    return (
        f"<section><h2>{escape(section.title)}</h2><figure><div aria-hidden='true'>{chart}</div>"
        f"<figcaption>{escape(section.alt)}</figcaption></figure>{table}</section>"
    )


def _table_html(table: "pd.DataFrame") -> str:
    return str(table.to_html(index=False, escape=True, border=0))
