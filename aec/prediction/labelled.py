"""Answers about clips whose names say what they express: how many are right, and what is taken for what."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from aec.corpora import AudioFile
from aec.corpora.recognition import recognised_clips
from aec.evaluation.metrics import Evaluation, evaluate

if TYPE_CHECKING:
    from aec.errors import AecError
    from aec.prediction.predictor import Prediction

# Of fewer no figure is worth anything.
MIN_CLIPS = 4
_SOURCE = "clips"


@dataclass(frozen=True, eq=False)
class Labelled:
    """What the answers about clips with emotions in their names amount to.

    Parameters
    ----------
    clips : int
        That carry an emotion which the model knows.
    others : int
        Answered ones that do not.
    unsure : int
        Among `clips`, those answered by "unsure"; they count by their likeliest emotion.
    evaluation : Evaluation
    """

    clips: int
    others: int
    unsure: int
    evaluation: Evaluation

    @property
    def right(self) -> int:
        """How many of the clips were answered rightly."""
        return int(np.trace(self.evaluation.confusion))

    @property
    def sentence(self) -> str:
        """The finding in words."""
        emotions = int((self.evaluation.matrix.sum(axis=1) > 0).sum())
        uar = f", UAR {self.evaluation.metrics['uar']:.2f} over {emotions} emotions" if emotions > 1 else ""
        return f"{self.right} of {self.clips} clips whose names carry an emotion are answered rightly{uar}."


def named_emotions(names: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Return the emotion, and the speaker, that each name carries; None where it carries none.

    Names are read as corpora are: by the names of the known corpora, then by folders called after emotions.

    Parameters
    ----------
    names : sequence of str [shape=(n,)]
        Of files, with folders before them where there are any.
    """
    clips = recognised_clips(_SOURCE, [_file(number, name) for number, name in enumerate(names)])
    return [(None, None) if clip is None else (clip.facts.emotion, clip.facts.speaker) for clip in clips]


def labelled(results: Sequence[tuple[str, "Prediction | AecError"]], labels: Sequence[str]) -> Labelled | None:
    """Hold answers against the emotions in the clips' names.

    Parameters
    ----------
    results : sequence of (str, Prediction or AecError)
    labels : sequence of str
        What the model tells apart.

    Returns
    -------
    Labelled or None
        None where fewer than `MIN_CLIPS` names carry an emotion that the model knows.
    """
    answered = [(name, result) for name, result in results if not isinstance(result, Exception)]
    carried = named_emotions([name for name, _ in answered])
    known = [(result, *said) for (_, result), said in zip(answered, carried, strict=True) if said[0] in labels]
    if len(known) < MIN_CLIPS:
        return None
    number = {label: at for at, label in enumerate(labels)}
    evaluation = evaluate(
        np.array([number[str(emotion)] for _, emotion, _ in known]),
        np.array([number[result.emotion] for result, _, _ in known]),
        labels,
        np.array([speaker for _, _, speaker in known], dtype=object),
    )
    unsure = sum(result.unsure for result, _, _ in known)
    return Labelled(len(known), len(answered) - len(known), unsure, evaluation)


def _file(number: int, name: str) -> AudioFile:
    # Archives separate folders by a slash, and so may a path of this machine by another sign.
    path = PurePosixPath(PurePath(name).as_posix())
    folders = (_SOURCE, *(part for part in path.parent.parts if part not in {"/", "..", "."}))
    return AudioFile(path=name, real_path=f"{number}", stem=path.stem, folders=folders)
