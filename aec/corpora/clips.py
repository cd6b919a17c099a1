"""Recognition of clips by name, folder and manifest, and conflicts between these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aec.corpora.folders import FOLDERS
from aec.corpora.layout import AudioFile, Layout, NameFacts, Recogniser, SourceFolders, slug
from aec.corpora.manifest import ManifestRow
from aec.corpora.registry import LAYOUTS
from aec.emotions import emotion_of

MANIFEST_TITLE = "manifest"


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of the table, before its sound is measured.

    Parameters
    ----------
    path, real_path, corpus : str
        As in `AudioFile` and `NameFacts`.
    emotion, label, speaker, sex, text, intensity : str or None
        As in the table; the speaker is qualified by the corpus.
    layout : str
        Title of the layout that recognised it.
    conflict : str
        Contradicting labels and their sources; empty where there are none.
    """

    path: str
    real_path: str
    corpus: str
    emotion: str | None
    label: str | None
    speaker: str | None
    sex: str | None
    text: str | None
    intensity: str | None
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


class _Label(NamedTuple):
    """The emotion of a clip according to one source."""

    source: str
    label: str | None
    emotion: str | None


def recognise(source: str, files: Sequence[AudioFile]) -> list[RecognisedFile]:
    """Return the files of one source with the facts of the first layout that recognises each.

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
    """Return the clips of one source's files; None for a file that no layout recognises.

    Parameters
    ----------
    source : str
        Its name.
    files : sequence of AudioFile [shape=(n,)]
    """
    return [_clip_of(found) for found in recognise(source, files)]


def clip_of_row(found: RecognisedFile, row: ManifestRow, corpus: str) -> Clip:
    """Return the clip of a manifest row: its label counts, name and folder can contradict it."""
    emotion = emotion_of(row.emotion or "")
    if row.corpus is not None:
        corpus = slug(row.corpus)
    facts = NameFacts(corpus, row.emotion, emotion, row.speaker, row.sex, row.text, row.intensity)
    labels = [_Label("the manifest", row.emotion, emotion)]
    if found.named is not None:
        labels.append(_label(*found.named))
    if found.folder is not None:
        labels.append(_label(FOLDERS, found.folder))
    return _clip(found.file, facts, MANIFEST_TITLE, labels)


def _clip_of(found: RecognisedFile) -> Clip | None:
    """Return the clip of a recognised file; its name counts before its folder."""
    if found.named is None:
        if found.folder is None:
            return None
        return _clip(found.file, found.folder, FOLDERS.title, [_label(FOLDERS, found.folder)])
    layout, facts = found.named
    labels = [_label(layout, facts)]
    if found.folder is not None and found.folder.emotion is not None:
        labels.append(_label(FOLDERS, found.folder))
    # A turn without an annotation may still lie in a folder with a label.
    labels.sort(key=lambda label: label.label is None)
    return _clip(found.file, facts, layout.title, labels)


def _label(layout: Layout, facts: NameFacts) -> _Label:
    return _Label(layout.label_source, facts.label, facts.emotion)


def _clip(file: AudioFile, facts: NameFacts, layout: str, labels: Sequence[_Label]) -> Clip:
    """Return a clip with the emotion of the first label."""
    speaker = facts.speaker
    if speaker is not None and not speaker.startswith(f"{facts.corpus}/"):
        speaker = f"{facts.corpus}/{speaker}"
    return Clip(
        path=file.path,
        real_path=file.real_path,
        corpus=facts.corpus,
        emotion=labels[0].emotion,
        label=labels[0].label,
        speaker=speaker,
        sex=facts.sex,
        text=facts.text,
        intensity=facts.intensity,
        layout=layout,
        conflict=_conflict(labels),
    )


def _conflict(labels: Sequence[_Label]) -> str:
    first, *others = labels
    against = [label for label in others if label.emotion is not None and label.emotion != first.emotion]
    if first.emotion is None or not against:
        return ""
    return ", ".join(f"{label.source} says {label.emotion} ({label.label})" for label in (first, *against))
