"""Recognition of clips by name, folder and manifest, and conflicts between these."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from aec.corpora.layouts.folders import FOLDERS
from aec.corpora.layouts.layout import AudioFile, Layout, NameFacts, Recogniser, SourceFolders
from aec.corpora.layouts.registry import LAYOUTS

MANIFEST_TITLE = "manifest"


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of the table, before its sound is measured.

    Parameters
    ----------
    file : AudioFile
    facts : NameFacts
        As in the table; the speaker is qualified by the corpus.
    layout : str
        Title of the layout that recognised it.
    conflict : str
        Contradicting labels and their sources; empty where there are none.
    """

    file: AudioFile
    facts: NameFacts
    layout: str
    conflict: str


class RecognisedFile(NamedTuple):
    """An audio file with the facts that layouts found in its name and its folders.

    Parameters
    ----------
    file : AudioFile
    named : tuple of Layout and NameFacts, or None
        The layout that recognises the file's name, and its facts.
    folder : NameFacts or None
        Facts from its folders.
    """

    file: AudioFile
    named: tuple[Layout, NameFacts] | None
    folder: NameFacts | None


def recognise(source: str, files: Sequence[AudioFile]) -> list[RecognisedFile]:
    """Return the files of one source with the facts that layouts find in names.

    Parameters
    ----------
    source : str
        Its name.
    files : sequence of AudioFile [shape=(n,)]

    Returns
    -------
    list of RecognisedFile [shape=(n,)]
    """
    folders = frozenset(file.folders for file in files)
    named: dict[str, tuple[Layout, NameFacts]] = {}
    rest = list(files)

    def recogniser_of(layout: Layout) -> Recogniser:
        return layout.recogniser(SourceFolders(source, folders, frozenset(file.folders for file in rest)))

    for layout in LAYOUTS:
        if layout is not FOLDERS:
            recogniser = recogniser_of(layout)
            named |= {file.real_path: (layout, facts) for file in rest if (facts := recogniser(file)) is not None}
            rest = [file for file in rest if file.real_path not in named]
    recogniser = recogniser_of(FOLDERS)
    return [RecognisedFile(file, named.get(file.real_path), recogniser(file)) for file in files]


def recognised_clips(source: str, files: Sequence[AudioFile]) -> list[Clip | None]:
    """Return the clips of one source; None for a file that no layout recognises.

    Parameters
    ----------
    source : str
        Its name.
    files : sequence of AudioFile [shape=(n,)]
    """
    return [_clip_of(found) for found in recognise(source, files)]


def clip_of_row(found: RecognisedFile, facts: NameFacts) -> Clip:
    """Return the clip of a manifest row, whose label goes before name and folder."""
    labels = [("the manifest", facts)]
    if found.named is not None:
        labels.append((found.named[0].label_source, found.named[1]))
    if found.folder is not None:
        labels.append((FOLDERS.label_source, found.folder))
    return _clip(found.file, facts, MANIFEST_TITLE, labels)


def _clip_of(found: RecognisedFile) -> Clip | None:
    """Return the clip of a recognised file; its name counts before its folder."""
    if found.named is None:
        if found.folder is None:
            return None
        return _clip(found.file, found.folder, FOLDERS.title, [(FOLDERS.label_source, found.folder)])
    layout, facts = found.named
    labels = [(layout.label_source, facts)]
    if found.folder is not None and found.folder.emotion is not None:
        labels.append((FOLDERS.label_source, found.folder))
    # A turn without an annotation may still lie in a folder with a label.
    labels.sort(key=lambda label: label[1].label is None)
    return _clip(found.file, facts, layout.title, labels)


def _clip(file: AudioFile, facts: NameFacts, layout: str, labels: Sequence[tuple[str, NameFacts]]) -> Clip:
    """Return a clip with the first of several labels, each given with its source."""
    speaker = facts.speaker
    if speaker is not None and not speaker.startswith(f"{facts.corpus}/"):
        speaker = f"{facts.corpus}/{speaker}"
    first = labels[0][1]
    facts = replace(facts, label=first.label, emotion=first.emotion, speaker=speaker)
    return Clip(file, facts, layout, _conflict(labels))


def _conflict(labels: Sequence[tuple[str, NameFacts]]) -> str:
    emotion = labels[0][1].emotion
    against = [label for label in labels[1:] if label[1].emotion not in {None, emotion}]
    if emotion is None or not against:
        return ""
    return ", ".join(f"{source} says {facts.emotion} ({facts.label})" for source, facts in (labels[0], *against))
