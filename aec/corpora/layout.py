"""What a corpus layout is: how names, folders and annotations tell who says what, and in which emotion."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """An audio file that a layout may recognise.

    Parameters
    ----------
    path : str
        As it will stand in the table.
    real : str
        The same file, absolute and with its folder's links resolved: one spelling per file.
    stem : str
        The file's name without its extension.
    folders : tuple of str
        Names of the folders it lies in, the outermost first; for a folder source the first is the source itself.
    """

    path: str
    real: str
    stem: str
    folders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """What a layout may know of a source before it sees the first file.

    Parameters
    ----------
    title : str
        The source's own name, for example `RAVDESS`.
    folders : frozenset of tuple of str
        `Candidate.folders` of every audio file.
    unclaimed : frozenset of tuple of str
        Those with a file that none of the layouts asked before has recognised.
    """

    title: str
    folders: frozenset[tuple[str, ...]]
    unclaimed: frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What a layout tells about one clip; None is unknown.

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
        The words that are spoken.
    intensity : str or None
        `normal` or `strong` (RAVDESS), `low`, `medium` or `high` (CREMA-D), or what a manifest says.
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
    """How large a complete corpus, or a complete part of one, is.

    Parameters
    ----------
    title : str
        For example `RAVDESS song`.
    clips, speakers : int
    holds : callable
        Whether a file, told by its stem, belongs to this part of the corpus.
    """

    title: str
    clips: int
    speakers: int
    holds: Callable[[str], bool] = lambda _stem: True


Recogniser = Callable[[Candidate], NameFacts | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a corpus lies on disk.

    Parameters
    ----------
    name : str
        Also the corpus's name, but for folder trees, which are called after their folder.
    title : str
        As people write it.
    example : str
        A path that this layout recognises, shown where nothing was recognised.
    open : callable
        Prepares the layout for one source; the result recognises its files one by one and never raises.
    label_source : str
        What tells the emotion, for messages.
    sizes : tuple of ExpectedSize
    """

    name: str
    title: str
    example: str
    open: Callable[[Tree], Recogniser]
    label_source: str = "its name"
    sizes: tuple[ExpectedSize, ...] = ()


def by_name(parse: Recogniser) -> Callable[[Tree], Recogniser]:
    """Return `Layout.open` for a layout that needs nothing but each file's own path."""
    return lambda _tree: parse


def name_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a pattern for file names: case does not matter, and only ASCII digits are digits."""
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


def slug(text: str) -> str:
    """Return a name in the form that corpora have in the table: `My Corpus (2)` becomes `my-corpus-2`."""
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", text).casefold())
    return words.strip("-") or "corpus"
