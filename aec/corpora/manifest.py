"""CSV manifest: one row per clip with path and emotion, and optional columns."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from aec.corpora.file_search import folder_name
from aec.corpora.layouts.layout import NameFacts, slug
from aec.emotions import emotion_of
from aec.errors import CorpusError

_REQUIRED = ("path", "emotion")
_COLUMNS = ("path", "emotion", "speaker", "sex", "text", "intensity", "corpus")
_DELIMITERS = (",", ";", "\t")
_MAX_BYTES = 64_000_000
# Names of the kind of file instead of the corpus. Parts of one corpus share its speakers, so they also
# share its name: train.csv and test.csv of one folder must not make two speakers of one person.
_GENERIC = re.compile(
    r"(manifest|metadata|meta|index|labels?|clips?|files?|list|data|dataset|train(ing)?|test|dev|val(id(ation)?)?)",
    re.IGNORECASE,
)
_SEXES = {"m": "male", "male": "male", "f": "female", "female": "female"}


def read_manifest(file: Path) -> list[tuple[str, NameFacts]]:
    """Read the path and the facts of each row; rows without a path are left out.

    Parameters
    ----------
    file : Path
        UTF-8, with or without a byte order mark; comma, semicolon or tab between the columns. The first line names
        the columns, in any order and case: `path` and `emotion`, and perhaps `speaker`, `sex`, `text`, `intensity`,
        `corpus`; others are ignored. Rows without a corpus have the manifest's name, or its folder's where that is
        generic, such as `train.csv`.

    Raises
    ------
    CorpusError
        Not readable, not UTF-8, no rows, or without one of the two columns.
    """
    text = _text(file).lstrip("\r\n")
    header = next(iter(text.splitlines()), "")
    delimiter = max(_DELIMITERS, key=lambda mark: len(_names(header, mark) & set(_COLUMNS)))
    _check_columns(file, header, _names(header, delimiter))
    try:
        rows = list(_rows(text, delimiter, corpus_of_manifest(file)))
    except csv.Error as error:
        raise CorpusError(
            f"the manifest {file} cannot be taken apart into columns ({error})",
            "a CSV table is expected",
            "Export it again, with quotes around cells that hold the delimiter",
        ) from error
    if not rows:
        raise CorpusError(f"the manifest {file} lists no clips", "a row per clip is expected", "Add a row per clip")
    return rows


def corpus_of_manifest(file: Path) -> str:
    """Return the corpus of the rows that name none."""
    folder = folder_name(file.parent)
    return slug(folder if _GENERIC.fullmatch(file.stem) and folder else file.stem)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise CorpusError(
                f"{file} has {file.stat().st_size / 1e6:.0f} MB",
                "a folder of clips or a CSV manifest is expected",
                "Unpack an archive first, and give its folder",
            )
        content = file.read_bytes()
    except OSError as error:
        raise CorpusError(
            f"the manifest {file} cannot be read ({error.strerror or error})", "", "Check its permissions"
        ) from error
    try:
        text = content.decode("utf-8-sig")
        at = content.find(b"\0")
    except UnicodeDecodeError as error:
        at = error.start
    if at >= 0:
        line = content.count(b"\n", 0, at) + 1
        raise CorpusError(
            f"the manifest {file} is not UTF-8 text (line {line})",
            "a CSV table in UTF-8 is expected",
            "Save it as 'CSV UTF-8'",
        )
    return text


def _names(header: str, delimiter: str) -> set[str]:
    try:
        cells = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return set()
    return {cell.strip().casefold() for cell in cells}


def _check_columns(file: Path, header: str, names: set[str]) -> None:
    missing = [name for name in _REQUIRED if name not in names]
    if not missing:
        return
    shown = header.strip()[:80]
    raise CorpusError(
        f"the manifest {file} begins with {shown!r}" if shown else f"the manifest {file} is empty",
        "a first line that names the columns path and emotion is expected",
        f"Name the column {' and the column '.join(missing)} in its first line",
    )


def _rows(text: str, delimiter: str, corpus: str) -> Iterator[tuple[str, NameFacts]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [cell.strip().casefold() for cell in next(reader)]
    # Of two columns with one name the first counts.
    columns = {name: names.index(name) for name in _COLUMNS if name in names}
    for cells in reader:
        row = {name: cells[at].strip() for name, at in columns.items() if at < len(cells) and cells[at].strip()}
        if "path" in row:
            sex = row.get("sex", "").casefold()
            yield (
                row["path"],
                NameFacts(
                    corpus=slug(row["corpus"]) if "corpus" in row else corpus,
                    label=row.get("emotion"),
                    emotion=emotion_of(row.get("emotion", "")),
                    speaker=row.get("speaker"),
                    sex=_SEXES.get(sex, sex) or None,
                    text=row.get("text"),
                    intensity=row.get("intensity"),
                ),
            )
