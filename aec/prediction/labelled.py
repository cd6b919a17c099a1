"""Score of predictions on clips whose names carry an emotion."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

import numpy as np

from aec.corpora import AudioFile
from aec.corpora.recognition import recognised_clips
from aec.errors import AecError
from aec.evaluation.metrics import Evaluation, evaluate
from aec.prediction.export import ClipResult

# With fewer clips a score means nothing.
MIN_CLIPS = 4
_SOURCE = "clips"


@dataclass(frozen=True, eq=False)
class LabelledScore:
    """Score of predictions on clips whose names carry an emotion.

    Parameters
    ----------
    clips : int
        Predicted clips with an emotion that the model knows.
    others : int
        Predicted clips without one.
    unsure : int
        Unsure predictions among `clips`; they count by their likeliest emotion.
    evaluation : Evaluation
    """

    clips: int
    others: int
    unsure: int
    evaluation: Evaluation

    @property
    def correct(self) -> int:
        """Number of correct predictions."""
        return int(np.trace(self.evaluation.matrix))

    @property
    def sentence(self) -> str:
        """The score in words."""
        emotions = int((self.evaluation.matrix.sum(axis=1) > 0).sum())
        uar = f", UAR {self.evaluation.metrics['uar']:.2f} over {emotions} emotions" if emotions > 1 else ""
        return f"{self.correct} of {self.clips} clips whose names carry an emotion are predicted correctly{uar}."


def labels_in_names(names: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Return emotion and speaker that each name carries; None where there is none.

    Names are read as files of corpora are: by the layouts of the known corpora, then by folders named after emotions.

    Parameters
    ----------
    names : sequence of str [shape=(n,)]
        Of files, with their folders if there are any.
    """
    clips = recognised_clips(_SOURCE, [_file(number, name) for number, name in enumerate(names)])
    return [(None, None) if clip is None else (clip.facts.emotion, clip.facts.speaker) for clip in clips]


def score_labelled(results: Sequence[ClipResult], labels: Sequence[str]) -> LabelledScore | None:
    """Compare predictions with the emotions in the clips' names.

    Parameters
    ----------
    results : sequence of (str, Prediction or AecError)
    labels : sequence of str
        The model's emotions.

    Returns
    -------
    LabelledScore or None
        None where fewer than `MIN_CLIPS` names carry an emotion that the model knows.
    """
    predicted = [(name, result) for name, result in results if not isinstance(result, AecError)]
    in_names = labels_in_names([name for name, _ in predicted])
    known = [
        (result, emotion, speaker)
        for (_, result), (emotion, speaker) in zip(predicted, in_names, strict=True)
        if emotion in labels
    ]
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
    return LabelledScore(len(known), len(predicted) - len(known), unsure, evaluation)


def _file(number: int, name: str) -> AudioFile:
    # Archives separate folders by a slash; a path of this machine may use another separator.
    path = PurePosixPath(PurePath(name).as_posix())
    folders = (_SOURCE, *(part for part in path.parent.parts if part not in {"/", "..", "."}))
    return AudioFile(path=name, real_path=f"{number}", stem=path.stem, folders=folders)
