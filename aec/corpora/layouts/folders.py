"""A folder per emotion: the innermost folder named after an emotion is the label.

The Kaggle collection `uldisvalainis/audio-emotions` (`Emotions/<Emotion>/*.wav`) is such a tree whose files mostly
keep their corpora's names: those are recognised by their names, and this layout adds the label of their folder.
"""

import unicodedata

from aec.corpora.layouts.layout import AudioFile, Layout, NameFacts, Recogniser, SourceFolders, name_pattern, slug
from aec.emotions import emotion_of

# TESS puts the speaker before the emotion: OAF_Pleasant_surprise.
_SPEAKER_PREFIX = name_pattern(r"[OY]AF?[ _-]+")


def emotion_of_folder(name: str) -> str | None:
    """Return the emotion that a folder is named after, or None."""
    # macOS writes decomposed umlauts.
    word = unicodedata.normalize("NFC", name)
    return emotion_of(word) or emotion_of(_SPEAKER_PREFIX.sub("", word, count=1))


def _recogniser(source: SourceFolders) -> Recogniser:
    corpus = slug(source.source)
    emotions = {name: emotion_of_folder(name) for folders in source.folders for name in folders}
    # Where files without a known name lie in a folder named after an emotion, its sibling folders are labels too:
    # `angry`, `happy`, `contempt`.
    parents = {
        folders[:depth]
        for folders in source.unrecognised
        for depth, name in enumerate(folders)
        if depth and emotions[name] is not None
    }
    labels = {folders: _label(folders, emotions, parents) for folders in source.folders}

    def recognise(file: AudioFile) -> NameFacts | None:
        label = labels.get(file.folders)
        return None if label is None else NameFacts(corpus, label, emotions[label])

    return recognise


def _label(folders: tuple[str, ...], emotions: dict[str, str | None], parents: set[tuple[str, ...]]) -> str | None:
    named = [name for name in folders if emotions[name] is not None]
    siblings = [name for depth, name in enumerate(folders) if folders[:depth] in parents]
    return next(reversed(named or siblings), None)


FOLDERS = Layout(
    name="folders",
    title="a folder per emotion",
    example="my-clips/angry/one.wav",
    recogniser=_recogniser,
    label_source="its folder",
)
