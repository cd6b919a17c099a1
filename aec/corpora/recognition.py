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


class FactsSource(NamedTuple):
    """Facts about a file with their source.

    Parameters
    ----------
    layout : str
        Its title.
    label_source : str
        For messages, such as `its folder`.
    facts : NameFacts
    """

    layout: str
    label_source: str
    facts: NameFacts


def recognised_clips(source: str, files: Sequence[AudioFile]) -> list[Clip | None]:
    """Return the clips of one source; None for a file that no layout recognises.

    Parameters
    ----------
    source : str
        Its name.
    files : sequence of AudioFile [shape=(n,)]
    """
    found = name_facts(source, files)
    # A turn without an annotation may still lie in a folder with a label.
    return [
        _clip(file, one[0], sorted(one, key=lambda each: each.facts.label is None)) if one else None
        for file, one in zip(files, found, strict=True)
    ]


def manifest_clips(source: str, rows: Sequence[tuple[AudioFile, NameFacts]]) -> list[Clip]:
    """Return the clips of manifest rows, whose labels go before names and folders.

    Parameters
    ----------
    source : str
        Its name.
    rows : sequence of (AudioFile, NameFacts) [shape=(n,)]
    """
    by_row = [FactsSource(MANIFEST_TITLE, "the manifest", facts) for _, facts in rows]
    by_name = name_facts(source, [file for file, _ in rows])
    return [
        _clip(file, first, [first, *others]) for (file, _), first, others in zip(rows, by_row, by_name, strict=True)
    ]


def name_facts(source: str, files: Sequence[AudioFile]) -> list[list[FactsSource]]:
    """Return the facts about each file: from its name, then from its folders.

    Parameters
    ----------
    source : str
        Name of the folder or manifest.
    files : sequence of AudioFile [shape=(n,)]

    Returns
    -------
    list of list of FactsSource [shape=(n,)]
        The first layout that recognises a name counts. A folder that is no emotion is left out beside a known name.
    """
    folders = frozenset(file.folders for file in files)
    found: dict[str, list[FactsSource]] = {file.real_path: [] for file in files}
    rest = list(files)

    def recogniser_of(layout: Layout) -> Recogniser:
        return layout.recogniser(SourceFolders(source, folders, frozenset(file.folders for file in rest)))

    for layout in LAYOUTS:
        if layout is not FOLDERS:
            recogniser = recogniser_of(layout)
            for file in rest:
                if (facts := recogniser(file)) is not None:
                    found[file.real_path].append(FactsSource(layout.title, layout.label_source, facts))
            rest = [file for file in rest if not found[file.real_path]]
    recogniser = recogniser_of(FOLDERS)
    for file in files:
        facts, by_name = recogniser(file), found[file.real_path]
        if facts is not None and (facts.emotion is not None or not by_name):
            by_name.append(FactsSource(FOLDERS.title, FOLDERS.label_source, facts))
    return [found[file.real_path] for file in files]


def _clip(file: AudioFile, source: FactsSource, labels: Sequence[FactsSource]) -> Clip:
    """Return a clip with the facts of one source and the first of several labels."""
    facts, first = source.facts, labels[0].facts
    speaker = facts.speaker
    if speaker is not None and not speaker.startswith(f"{facts.corpus}/"):
        speaker = f"{facts.corpus}/{speaker}"
    facts = replace(facts, label=first.label, emotion=first.emotion, speaker=speaker)
    return Clip(file, facts, source.layout, _conflict(labels))


def _conflict(labels: Sequence[FactsSource]) -> str:
    emotion = labels[0].facts.emotion
    against = [label for label in labels[1:] if label.facts.emotion not in {None, emotion}]
    if emotion is None or not against:
        return ""
    return ", ".join(f"{source} says {facts.emotion} ({facts.label})" for _, source, facts in (labels[0], *against))
