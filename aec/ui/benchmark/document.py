"""The charts of a benchmark as one HTML file that needs neither a network nor this product."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from aec.charts.benchmark import (
    cores_alt,
    cores_chart,
    f1_alt,
    f1_chart,
    memory_alt,
    memory_chart,
    row_title,
    rows_of,
    time_alt,
    time_chart,
)
from aec.charts.networks import networks_alt, networks_chart
from aec.charts.scaling import efficiency_alt, efficiency_chart, scaling_alt, scaling_chart
from aec.charts.stages import stages_alt, stages_chart
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
from aec.ui.run_words import without_folders

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

Report = Mapping[str, Any]

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


@dataclass(frozen=True)
class _Part:
    title: str
    figure: "go.Figure"
    alt: str
    table: "pd.DataFrame | None"


def charts_html(report: Report, title: str, settings: Settings) -> str:
    """Return all charts of a result with their tables, its sentence and its machine.

    Parameters
    ----------
    report : mapping
    title : str
    settings : Settings
        Says which folders of this machine are not to be named.
    """
    pieces = [_HEAD.format(title=escape(title)), f"<h1>{escape(title)}</h1>", f"<p>{escape(report['sentence'])}</p>"]
    corpora = ", ".join(f"{name} {number:,}" for name, number in report["corpora"].items())
    about = f"{corpora}; {report['duration_s'] / 60:.1f} minutes of sound; {counted(report['repeats'], 'repeat')}."
    pieces.append(f"<p>{escape(about)}</p>")
    pieces += [f"<p>{escape(without_folders(note, settings))}</p>" for note in report["notes"]]
    # The library of the charts goes in once, with the first of them.
    pieces += [_piece(part, first=number == 0) for number, part in enumerate(_parts(report))]
    for heading, table in (("Versions", versions_table(report)), ("Machine", machine_table(report["machine"]))):
        pieces.append(f"<h2>{heading}</h2><div class='wide'>{_table_html(table)}</div>")
    return "\n".join([*pieces, "</main>\n</body>\n</html>\n"])


def _parts(report: Report) -> Iterator[_Part]:
    for cold, title in ((False, "Extraction, warm"), (True, "Extraction, from the start of a new process")):
        rows = rows_of(report["summary"], "extraction", cold=cold)
        if rows:
            spread = spread_of(report["measurements"], "extraction", cold=cold)
            yield _Part(title, time_chart(rows, spread), time_alt(rows), time_table(rows))
    curves = worker_curves(report["summary"])
    if curves:
        amdahl = report["amdahl"]
        table = scaling_table(curves)
        yield _Part("Scaling", scaling_chart(curves, amdahl), scaling_alt(curves, amdahl), table)
        yield _Part("Efficiency", efficiency_chart(curves), efficiency_alt(curves), None)
    if networks := report.get("networks"):
        yield _Part("Networks", networks_chart(networks), networks_alt(networks), networks_table(networks))
    if stages := report.get("stages"):
        yield _Part("Where the time goes", stages_chart(stages), stages_alt(stages), stages_table(stages))
    if lines := report["timelines"]:
        yield _Part("Memory", memory_chart(lines), memory_alt(lines), memory_table(lines))
        for line in lines:
            yield _Part(f"Cores: {row_title(line)}", cores_chart(line), cores_alt(line), None)
    if scores := report["parity"]["scores"]:
        yield _Part("Accuracy", f1_chart(scores), f1_alt(scores), f1_table(scores))


def _piece(part: _Part, *, first: bool) -> str:
    figure = part.figure.update_layout(template="plotly_white", paper_bgcolor="#FFFFFF", plot_bgcolor="#FFFFFF")
    chart = figure.to_html(
        full_html=False, include_plotlyjs=first, config={"displayModeBar": False, "responsive": True}
    )
    table = ""
    if part.table is not None:
        table = f"<details><summary>As a table</summary><div class='wide'>{_table_html(part.table)}</div></details>"
    return (
        f"<section><h2>{escape(part.title)}</h2><figure><div aria-hidden='true'>{chart}</div>"
        f"<figcaption>{escape(part.alt)}</figcaption></figure>{table}</section>"
    )


def _table_html(table: "pd.DataFrame") -> str:
    return str(table.to_html(index=False, escape=True, border=0))
