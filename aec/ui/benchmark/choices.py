"""What a visitor chose to measure, checked once more, as the configuration of a run."""

from dataclasses import dataclass
from typing import Any

from aec.corpora.demo import is_demo
from aec.emotions import LABEL_SETS
from aec.errors import UsageError

MAX_REPEATS = 10
# With strangers, a benchmark is to end within two minutes on a small machine.
MAX_CLIPS_IN_PUBLIC = 100
MAX_REPEATS_IN_PUBLIC = 2


@dataclass(frozen=True)
class Choices:
    """What the widgets say.

    Parameters
    ----------
    folders : tuple of str
        Of the chosen corpora.
    labels : str
        A label set.
    clips : int
    jobs : tuple of int
        Worker counts.
    backends : tuple of str
        The engine's kinds of workers.
    repeats : int
    training : bool
    networks : bool
        Train a network in several processes, too.
    """

    folders: tuple[str, ...]
    labels: str
    clips: int
    jobs: tuple[int, ...]
    backends: tuple[str, ...]
    repeats: int
    training: bool
    networks: bool = False


def config_of(choices: Choices, *, cores: int, public: bool = False) -> dict[str, Any]:
    """Return the configuration of a run, as `aec benchmark --resume` reads it.

    Raises
    ------
    UsageError
        Choices that the widgets do not offer: a page can be sent anything.
    TrainingError
        Networks are to be trained, and PyTorch is missing.
    """
    from aec.benchmark import BenchmarkSettings
    from aec.benchmark.networks import need_torch

    if choices.labels not in LABEL_SETS:
        raise UsageError(f"there is no label set {choices.labels!r}", f"one of {', '.join(LABEL_SETS)} is expected")
    if any(jobs > cores for jobs in choices.jobs):
        raise UsageError(f"{max(choices.jobs)} workers were asked for", f"this machine has {cores} to use")
    if choices.repeats > (MAX_REPEATS_IN_PUBLIC if public else MAX_REPEATS):
        raise UsageError(f"{choices.repeats} repeats were asked for", "fewer are expected")
    if public and choices.clips > MAX_CLIPS_IN_PUBLIC:
        raise UsageError(f"{choices.clips} clips were asked for", f"{MAX_CLIPS_IN_PUBLIC} at most are expected")
    if public and not all(is_demo(folder) for folder in choices.folders):
        raise UsageError("only the demo corpora can be measured here", "", "Choose among them")
    if choices.networks:
        if public:
            raise UsageError("networks cannot be trained here", "", "Measure without them")
        need_torch()
    settings = BenchmarkSettings(
        jobs=choices.jobs,
        backends=choices.backends,
        repeats=choices.repeats,
        training=choices.training,
        clips=choices.clips,
        labels=choices.labels,
        networks=choices.networks,
    )
    return {**settings.to_dict(), "data": list(choices.folders)}
