"""One clip as the sources tell it: whose word about the emotion counts, and whether the others contradict it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aec.corpora.folders import FOLDERS
from aec.corpora.layout import Candidate, Layout, NameFacts, Tree, slug
from aec.corpora.manifest import ManifestRow
from aec.corpora.registry import LAYOUTS
from aec.emotions import emotion_of

MANIFEST_TITLE = "manifest"


@dataclass(frozen=True, slots=True)
class Clip:
    """One row of the table, before its sound is known.

    Parameters
    ----------
    path, real, corpus : str
        As in `Candidate` and `NameFacts`.
    emotion, label, speaker, sex, text, intensity : str or None
        As in the table; the speaker is qualified by the corpus.
    layout : str
        Title of what recognised it.
    conflict : str
        Who contradicts whom about the emotion; empty where nobody does.
    """

    path: str
    real: str
    corpus: str
    emotion: str | None
    label: str | None
    speaker: str | None
    sex: str | None
    text: str | None
    intensity: str | None
    layout: str
    conflict: str


class _Word(NamedTuple):
    """What one source says about the emotion."""

    source: str
    label: str | None
    emotion: str | None


class Recognised(NamedTuple):
    """What the layouts say about a file.

    Parameters
    ----------
    candidate : Candidate
    named : tuple of Layout and NameFacts, or None
        The layout that knows the file by its name, and what it says.
    folder : NameFacts or None
        What its folders say.
    """

    candidate: Candidate
    named: tuple[Layout, NameFacts] | None
    folder: NameFacts | None


def recognise(title: str, candidates: Sequence[Candidate]) -> list[Recognised]:
    """Ask every layout about the files of one source.

    Parameters
    ----------
    title : str
        The source's name.
    candidates : sequence of Candidate [shape=(n,)]

    Returns
    -------
    list of Recognised [shape=(n,)]
    """
    folders = frozenset(candidate.folders for candidate in candidates)
    named: dict[str, tuple[Layout, NameFacts]] = {}
    unclaimed = list(candidates)
    for layout in LAYOUTS:
        if layout is FOLDERS:
            continue
        ask = layout.open(Tree(title, folders, frozenset(candidate.folders for candidate in unclaimed)))
        answers = [(candidate, ask(candidate)) for candidate in unclaimed]
        named |= {candidate.real: (layout, facts) for candidate, facts in answers if facts is not None}
        unclaimed = [candidate for candidate, facts in answers if facts is None]
    ask = FOLDERS.open(Tree(title, folders, frozenset(candidate.folders for candidate in unclaimed)))
    return [Recognised(candidate, named.get(candidate.real), ask(candidate)) for candidate in candidates]


def clip_of(found: Recognised) -> Clip | None:
    """Return the clip that a file is, or None where no layout recognises it; its name counts before its folder."""
    if found.named is None:
        if found.folder is None:
            return None
        return _clip(found.candidate, found.folder, FOLDERS.title, [_word(FOLDERS, found.folder)])
    layout, facts = found.named
    words = [_word(layout, facts)]
    if found.folder is not None and found.folder.emotion is not None:
        words.append(_word(FOLDERS, found.folder))
    # A turn without an annotation may still lie in a folder that tells.
    words.sort(key=lambda word: word.label is None)
    return _clip(found.candidate, facts, layout.title, words)


def clip_of_row(found: Recognised, row: ManifestRow, corpus: str) -> Clip:
    """Return the clip of a manifest row: the manifest's word counts, name and folder can contradict it."""
    emotion = emotion_of(row.emotion or "")
    if row.corpus is not None:
        corpus = slug(row.corpus)
    facts = NameFacts(corpus, row.emotion, emotion, row.speaker, row.sex, row.text, row.intensity)
    words = [_Word("the manifest", row.emotion, emotion)]
    if found.named is not None:
        words.append(_word(*found.named))
    if found.folder is not None:
        words.append(_word(FOLDERS, found.folder))
    return _clip(found.candidate, facts, MANIFEST_TITLE, words)


def _word(layout: Layout, facts: NameFacts) -> _Word:
    return _Word(layout.label_source, facts.label, facts.emotion)


def _clip(candidate: Candidate, facts: NameFacts, layout: str, words: Sequence[_Word]) -> Clip:
    """Make a clip whose emotion is what the first word says."""
    first = words[0]
    speaker = facts.speaker
    if speaker is not None and not speaker.startswith(f"{facts.corpus}/"):
        speaker = f"{facts.corpus}/{speaker}"
    return Clip(
        path=candidate.path,
        real=candidate.real,
        corpus=facts.corpus,
        emotion=first.emotion,
        label=first.label,
        speaker=speaker,
        sex=facts.sex,
        text=facts.text,
        intensity=facts.intensity,
        layout=layout,
        conflict=_conflict(words),
    )


def _conflict(words: Sequence[_Word]) -> str:
    first, *others = words
    against = [word for word in others if word.emotion is not None and word.emotion != first.emotion]
    if first.emotion is None or not against:
        return ""
    return ", ".join(f"{word.source} says {word.emotion} ({word.label})" for word in (first, *against))
