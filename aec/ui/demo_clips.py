"""Clips of the demo corpora, from their manifests: counts and samples."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aec.charts.words import titled
from aec.corpora.demo import DEMO_FOLDERS, SAMPLE_VOICES

if TYPE_CHECKING:
    from aec.models.card import ModelCard

TRAINED_ON_VOICE = "The model was trained on this voice; yours is harder."


@dataclass(frozen=True)
class SampleClip:
    """A demo clip with its intended emotion."""

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
        """The speaker as in tables of clips and model cards."""
        return f"{self.corpus}/{self.speaker}"

    @property
    def title(self) -> str:
        """Title in a list."""
        return f"{titled(self.emotion)}, {self.speaker} ({self.corpus})"


@dataclass(frozen=True)
class DemoCounts:
    """Numbers of clips and speakers in the demo corpora."""

    clips: int
    speakers: int


def demo_counts() -> DemoCounts:
    """Return the counts of the manifests; zeros where there are no demo corpora."""
    clips = [clip for corpus in DEMO_FOLDERS for clip in _manifest_clips(corpus)]
    return DemoCounts(len(clips), len({clip.voice for clip in clips if clip.speaker}))


def sample_clips() -> list[SampleClip]:
    """Return one clip per corpus and emotion; empty where there are no demo corpora.

    Only voices on which the bundled model was not trained are taken, in turn.
    """
    samples = []
    for corpus in DEMO_FOLDERS:
        clips = [clip for clip in _manifest_clips(corpus) if clip.voice in SAMPLE_VOICES]
        speakers = sorted({clip.speaker for clip in clips})
        for number, emotion in enumerate(dict.fromkeys(clip.emotion for clip in clips)):
            shown = [clip for clip in clips if clip.emotion == emotion]
            speaker = speakers[number % len(speakers)]
            samples.append(next((clip for clip in shown if clip.speaker == speaker), shown[0]))
    return samples


def is_trained_on(card: "ModelCard", voice: str) -> bool:
    """Return whether a model was trained on a voice.

    Where the card lists no speakers, the voice's corpus decides.
    """
    known = card.extra.get("speakers")
    return voice in known if isinstance(known, list) else voice.split("/")[0] in card.training.corpora


def _manifest_clips(corpus: str) -> Iterator[SampleClip]:
    folder = DEMO_FOLDERS[corpus]
    try:
        with (folder / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                path, emotion = row.get("path"), row.get("emotion")
                if path and emotion:
                    text = row.get("text") or ""
                    yield SampleClip(str(folder / path), corpus, emotion, row.get("speaker") or "", text)
    except (OSError, UnicodeDecodeError, csv.Error):
        # Without its manifest a corpus has nothing to offer here; the Dataset page reports what is wrong with it.
        return
