"""IEMOCAP: turns below `Session1/sentences/wav/`, labels in annotation files.

The annotations are `Session1/dialog/EmoEvaluation/*.txt`.

Source: Busso et al. (2008), IEMOCAP: interactive emotional dyadic motion capture database, Language
Resources and Evaluation 42.
"""

import os
from collections.abc import Callable
from functools import cache, partial
from itertools import islice
from pathlib import Path

from aec.corpora.layouts.layout import AudioFile, Layout, NameFacts, Recogniser, SourceFolders, name_pattern
from aec.emotions import emotion_of

# Ses01F_impro01_M000: the cameras track the actress (F), the actor speaks (M).
_NAME = name_pattern(r"(?P<dialog>Ses(?P<session>[0-9]{2})[FM]_(?:impro|script)\w*)_(?P<speaker>[FM])[0-9]{3}")
# [6.2901 - 8.2357]	Ses01F_impro01_F000	neu	[2.5000, 2.5000, 2.5000]
_TURN = name_pattern(r"\[[^\]]*\]\s+(?P<turn>\S+)\s+(?P<label>\S+)\s+\[.*")
# A turn lies four folders below its session; as many find the sessions beside a flat folder of turns.
_MAX_LEVELS_UP = 5

_Labels = dict[str, str]


def _recogniser(_folders: SourceFolders) -> Recogniser:
    # Caches of one source only: annotations may change until the next one is read.
    labels_of = cache(partial(_labels, cache(_read)))

    def recognise(file: AudioFile) -> NameFacts | None:
        found = _NAME.fullmatch(file.stem)
        if found is None:
            return None
        label = labels_of(Path(file.path).parent, found["dialog"], found["session"]).get(file.stem.casefold())
        letter = found["speaker"].upper()
        return NameFacts(
            corpus="iemocap",
            label=label,
            # `xxx` (no majority) and `oth` are no emotion; excitement is not merged into happiness.
            emotion=emotion_of(label or ""),
            speaker=found["session"] + letter,
            sex="male" if letter == "M" else "female",
        )

    return recognise


def _labels(read: Callable[[Path], _Labels], folder: Path, dialog: str, session: str) -> _Labels:
    """Return the labels of a dialog by lower-case turn; empty without annotation."""
    start = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would leave a linked session folder
    for ancestor in islice((start, *start.parents), _MAX_LEVELS_UP):
        for session_folder in (ancestor, ancestor / f"Session{int(session)}"):
            if labels := read(session_folder / "dialog" / "EmoEvaluation" / f"{dialog}.txt"):
                return labels
    return {}


def _read(file: Path) -> _Labels:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        # No annotation here; clips that end up without one are counted in a note.
        return {}
    turns = (_TURN.match(line) for line in text.splitlines())
    return {turn["turn"].casefold(): turn["label"].lower() for turn in turns if turn}


IEMOCAP = Layout(
    name="iemocap",
    title="IEMOCAP",
    example="Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav",
    recogniser=_recogniser,
    label_source="its annotation",
)
