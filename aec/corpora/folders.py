"""Folder-per-emotion trees: the nearest folder that is called after an emotion tells it.

The Kaggle collection `uldisvalainis/audio-emotions` (`Emotions/<Emotion>/*.wav`) is such a tree whose files mostly
keep their corpora's names: those are recognised by their names, and this layout adds what their folder says.
"""

import unicodedata
from functools import partial

from aec.corpora.layout import Candidate, Layout, NameFacts, Recogniser, Tree, name_pattern, slug
from aec.emotions import emotion_of

# TESS puts the speaker before the emotion: OAF_Pleasant_surprise.
_SPEAKER_PREFIX = name_pattern(r"[OY]AF?[ _-]+")


def emotion_of_folder(name: str) -> str | None:
    """Return the emotion that a folder is called after, or None."""
    # macOS hands out decomposed umlauts.
    word = unicodedata.normalize("NFC", name)
    return emotion_of(word) or emotion_of(_SPEAKER_PREFIX.sub("", word, count=1))


def _open(tree: Tree) -> Recogniser:
    emotions = {name: emotion_of_folder(name) for folders in tree.folders for name in folders}
    # Beside a folder that alone tells the emotion, the others are meant so too: `angry`, `happy`, `contempt`.
    levels = {
        folders[:depth]
        for folders in tree.unclaimed
        for depth, name in enumerate(folders)
        if depth and emotions[name] is not None
    }
    words = {folders: _word(folders, emotions, levels) for folders in tree.folders}
    return partial(_recognise, slug(tree.title), emotions, words)


def _word(folders: tuple[str, ...], emotions: dict[str, str | None], levels: set[tuple[str, ...]]) -> str | None:
    named = [name for name in folders if emotions[name] is not None]
    if named:
        return named[-1]
    unknown = [name for depth, name in enumerate(folders) if folders[:depth] in levels]
    return unknown[-1] if unknown else None


def _recognise(
    corpus: str,
    emotions: dict[str, str | None],
    words: dict[tuple[str, ...], str | None],
    candidate: Candidate,
) -> NameFacts | None:
    word = words.get(candidate.folders)
    return None if word is None else NameFacts(corpus=corpus, label=word, emotion=emotions[word])


FOLDERS = Layout(
    name="folders",
    title="a folder per emotion",
    example="my-clips/angry/one.wav",
    open=_open,
    label_source="its folder",
)
