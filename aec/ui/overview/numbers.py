"""The four numbers of the overview: clips, speakers, UAR and speed-up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlit.delta_generator import DeltaGenerator

from aec.charts.words import counted
from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import AecError
from aec.settings import Settings
from aec.ui.card_text import SYNTHETIC
from aec.ui.demo_clips import demo_counts
from aec.ui.offered_models import bundled_model
from aec.ui.overview.recent_runs import best_speed_up
from aec.ui.run_records import training_runs
from aec.ui.text import plain

if TYPE_CHECKING:
    from aec.benchmark.results import SpeedUp

_VERSION_TITLES = {"final": "final version", "engine": "our engine"}


def show_counts(clips: DeltaGenerator, speakers: DeltaGenerator, settings: Settings) -> None:
    """Show the numbers of clips and speakers of the demo corpora and of earlier scans.

    Parameters
    ----------
    clips, speakers : DeltaGenerator
        Containers of the two numbers.
    settings : Settings
    """
    demo, (own_clips, own_speakers) = demo_counts(), _own(settings)
    clips.metric("Clips known", f"{demo.clips + own_clips:,}")
    clips.caption(
        f"{demo.clips:,} of the demo corpora and {own_clips:,} that earlier scans found in your folders."
        if own_clips
        else "Of the demo corpora. Clips in your folders count once they were scanned."
    )
    speakers.metric("Speakers", f"{demo.speakers + own_speakers:,}")
    voices = counted(demo.speakers, "synthetic voice")
    speakers.caption(
        f"{voices}, and {own_speakers:,} named by your clips."
        if own_clips
        else "Synthetic voices, made by a program."
    )


def show_best(place: DeltaGenerator, settings: Settings) -> None:
    """Show the best UAR on unseen speakers, with interval, protocol, model and data."""
    scores = sorted(_scores(settings), key=lambda score: score[0])
    uar, interval, text = scores[-1] if scores else (None, None, "Not measured yet on unseen speakers.")
    place.metric("Best UAR", "–" if uar is None else f"{uar:.2f}")
    within = f"{interval[0]:.2f} to {interval[1]:.2f}, " if interval else ""
    place.caption(plain(within + text))


def show_speed_up(place: DeltaGenerator, settings: Settings) -> None:
    """Show the best measured speed-up, and a link to the benchmark page."""
    best = best_speed_up(settings)
    place.metric("Best speed-up", "–" if best is None else f"{best.speed_up:.1f}×")
    if best is not None:
        place.caption(plain(_speed_words(best)))
    place.page_link(
        "pages/benchmark.py",
        label="Not measured yet" if best is None else "Benchmark",
        icon=":material/speed:",
    )


def _own(settings: Settings) -> tuple[int, int]:
    """Return the numbers of scanned clips and speakers in the folders of `AEC_DATA`."""
    cache = settings.home / "clips.sqlite"
    if settings.public or not cache.is_file():
        return 0, 0
    # Imported here: finding the speakers of names loads pandas.
    from aec.corpora.measurement_cache import cached_counts

    counts = cached_counts(cache, settings.data, without=DEMO_FOLDERS.values())
    return counts.clips, counts.speakers


def _scores(settings: Settings) -> Iterator[tuple[float, tuple[float, float] | None, str]]:
    """Yield UAR, interval and source of each score on unseen speakers."""
    try:
        card = bundled_model().card
    except AecError:
        # The sample shows the error.
        pass
    else:
        uar = card.metrics["uar"]
        if uar is not None and card.split.startswith("unseen speakers"):
            data = SYNTHETIC if card.training.synthetic else ", ".join(card.training.corpora)
            yield uar, card.intervals["uar"], f"{card.split}. Bundled model, on {data}."
    for row in training_runs(settings):
        if row.uar is not None and row.split == "speaker" and row.state == "finished" and row.is_complete:
            yield row.uar, row.interval, f"{row.protocol}. Training of {row.when}, on {row.corpora}."


def _speed_words(best: "SpeedUp") -> str:
    version = _VERSION_TITLES.get(best.version, best.version)
    what = "features" if best.stage == "extraction" else "features and training"
    start = ", cold start" if best.cold else ""
    return (
        f"{best.low:.1f} to {best.high:.1f} over the repeats: {what}, {version} on {counted(best.jobs, 'worker')} "
        f"against the first version{start}."
    )
