"""What the manifests of the demo corpora say, read without a scan: counts, and samples to try."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aec.charts.words import titled
from aec.corpora.demo import DEMO_FOLDERS, SAMPLE_VOICES

if TYPE_CHECKING:
    from aec.models.card import ModelCard

LEARNED_FROM = "The model has learned from this voice; yours is harder."


@dataclass(frozen=True)
class Sample:
    """A demo clip and what it is meant to express."""

    path: str
    corpus: str
    emotion: str
    speaker: str
    text: str

    @property
    def name(self) -> str:
        """The file's name."""
        return Path(self.path).name

    @property
    def voice(self) -> str:
        """The speaker as tables and model cards call it."""
        return f"{self.corpus}/{self.speaker}"

    @property
    def title(self) -> str:
        """What to call it in a list."""
        return f"{titled(self.emotion)}, {self.speaker} ({self.corpus})"


@dataclass(frozen=True)
class DemoCounts:
    """How much there is in the demo corpora."""

    corpora: int
    clips: int
    speakers: int
    emotions: int


def demo_counts() -> DemoCounts:
    """Return what the manifests list; zeros where there are no demo corpora."""
    clips = [clip for corpus in DEMO_FOLDERS for clip in _listed(corpus)]
    return DemoCounts(
        corpora=len({clip.corpus for clip in clips}),
        clips=len(clips),
        speakers=len({(clip.corpus, clip.speaker) for clip in clips if clip.speaker}),
        emotions=len({clip.emotion for clip in clips}),
    )


def samples() -> list[Sample]:
    """Return one clip per corpus and emotion, the voices taken in turn; empty where there are no demo corpora.

    Only voices that the bundled model has not heard are taken, so that its answers show what it can do.
    """
    return [
        sample
        for corpus in DEMO_FOLDERS
        for sample in _one_per_emotion([clip for clip in _listed(corpus) if clip.voice in SAMPLE_VOICES])
    ]


def learned_from(card: "ModelCard", voice: str) -> bool:
    """Return whether a voice taught a model; its corpus decides where the card does not list its speakers."""
    known = card.extra.get("speakers")
    return voice in known if isinstance(known, list) else voice.split("/")[0] in card.training.corpora


def _one_per_emotion(clips: list[Sample]) -> Iterator[Sample]:
    speakers = sorted({clip.speaker for clip in clips})
    for number, emotion in enumerate(dict.fromkeys(clip.emotion for clip in clips)):
        wanted = speakers[number % len(speakers)]
        shown = [clip for clip in clips if clip.emotion == emotion]
        yield next((clip for clip in shown if clip.speaker == wanted), shown[0])


def _listed(corpus: str) -> Iterator[Sample]:
    folder = DEMO_FOLDERS[corpus]
    for row in _rows(folder):
        path, emotion = row.get("path"), row.get("emotion")
        if path and emotion:
            yield Sample(str(folder / path), corpus, emotion, row.get("speaker") or "", row.get("text") or "")


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    try:
        with (folder / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
            yield from csv.DictReader(file)
    except (OSError, UnicodeDecodeError, csv.Error):
        # Without its manifest a corpus has nothing to offer here; the dataset page says what is wrong with it.
        return
