"""Types that describe how a corpus names its files."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioFile:
    """An audio file that a layout may recognise.

    Parameters
    ----------
    path : str
        As in the table of clips.
    real_path : str
        The same file, absolute and with its folder's links resolved: one spelling per file.
    stem : str
        The file's name without its extension.
    folders : tuple of str
        Names of the folders it lies in, the outermost first; for a folder source the first is the source itself.
    """

    path: str
    real_path: str
    stem: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceFolders:
    """The folders of a source, known before the first file is recognised.

    Parameters
    ----------
    source : str
        Name of the source, for example `RAVDESS`.
    folders : frozenset of tuple of str
        `AudioFile.folders` of every audio file.
    unrecognised : frozenset of tuple of str
        Those with a file that no earlier layout of the registry has recognised.
    """

    source: str
    folders: frozenset[tuple[str, ...]]
    unrecognised: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NameFacts:
    """Facts about one clip from its name, folder or annotation; None is unknown.

    Parameters
    ----------
    corpus : str
    label : str or None
        The corpus's own code for the emotion.
    emotion : str or None
        One of `aec.emotions.EMOTIONS`.
    speaker : str or None
        Within the corpus, not yet qualified by it.
    sex : str or None
        `male` or `female`.
    text : str or None
        The spoken words.
    intensity : str or None
        `normal` or `strong` (RAVDESS), `low`, `medium` or `high` (CREMA-D), or the word of a manifest.
    """

    corpus: str
    label: str | None
    emotion: str | None
    speaker: str | None = None
    sex: str | None = None
    text: str | None = None
    intensity: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedSize:
    """Published size of a corpus, or of a part of one.

    Parameters
    ----------
    title : str
        For example `RAVDESS song`.
    clips, speakers : int
    contains : callable
        Whether a file, given by its stem, belongs to this part of the corpus.
    """

    title: str
    clips: int
    speakers: int
    contains: Callable[[str], bool] = lambda _stem: True


Recogniser = Callable[[AudioFile], NameFacts | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """The way in which a corpus names its files.

    Parameters
    ----------
    name : str
        Also the corpus's name, but for folder trees, which are called after their folder.
    title : str
        As people write it.
    example : str
        A path that this layout recognises, shown where nothing was recognised.
    recogniser : callable
        Called with the folders of one source; returns the function that recognises its files, which never raises.
    label_source : str
        Where the emotion comes from, for messages.
    sizes : tuple of ExpectedSize
    """

    name: str
    title: str
    example: str
    recogniser: Callable[[SourceFolders], Recogniser]
    label_source: str = "its name"
    sizes: tuple[ExpectedSize, ...] = ()


def by_name(
    pattern: re.Pattern[str], facts: Callable[[re.Match[str]], NameFacts]
) -> Callable[[SourceFolders], Recogniser]:
    """Return `Layout.recogniser` for a layout whose stems match a pattern.

    Parameters
    ----------
    pattern : re.Pattern
        Has to match the whole stem.
    facts : callable
        Returns the facts of a match.
    """

    def recognise(file: AudioFile) -> NameFacts | None:
        found = pattern.fullmatch(file.stem)
        return None if found is None else facts(found)

    return lambda _folders: recognise


def name_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for file names: any case, ASCII digits only."""
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


def slug(text: str) -> str:
    """Return the name of a corpus in the table.

    Examples
    --------
    >>> slug("My Corpus (2)")
    'my-corpus-2'
    """
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text).casefold())
    return words.strip("-") or "corpus"
