"""The same training with the other split: a run, or settings of a new one."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import AecError, UsageError
from aec.runs.run import Run
from aec.settings import Settings
from aec.ui.run_records import ACTIVE, TrainingRow
from aec.ui.training.limits import check_limits

if TYPE_CHECKING:
    from aec.training import TrainingSettings

OTHER_SPLIT = {"speaker": "random", "random": "speaker"}


def find_counterpart(row: TrainingRow, rows: Sequence[TrainingRow]) -> TrainingRow | None:
    """Return the latest run that differs by its split alone: finished, else active.

    Parameters
    ----------
    row : TrainingRow
        Of a speaker-independent or a random split.
    rows : sequence of TrainingRow
        All runs, newest first.
    """
    wanted = _without_split(row.run)
    split = OTHER_SPLIT[row.split]
    same = [other for other in rows if other.split == split and _matches(other, wanted)]
    finished = [other for other in same if other.state == "finished" and other.uar is not None]
    return next(iter([*finished, *(other for other in same if other.state in ACTIVE)]), None)


def counterpart_settings(run: Run, settings: Settings) -> "TrainingSettings":
    """Return the settings of the same training with the other split.

    Raises
    ------
    AecError
        The run is on folders that the dashboard may not read or that are gone, its configuration is damaged, or its
        settings are beyond what may be trained from a page.
    """
    found = _settings_of(run)
    folders = tuple(_allowed(source, settings) for source in found.data)
    if not folders or found.split not in OTHER_SPLIT:
        raise UsageError("this run has no counterpart with another split", "", "Start it from the form")
    made = msgspec.structs.replace(found, split=OTHER_SPLIT[found.split], data=folders)
    check_limits(made, public=settings.public)
    return made


def _matches(other: TrainingRow, wanted: "TrainingSettings") -> bool:
    try:
        return _without_split(other.run) == wanted
    except (AecError, OSError):
        return False


def _without_split(run: Run) -> "TrainingSettings":
    """Return what a score depends on besides the split."""
    from aec.training import TrainingSettings

    found = _settings_of(run)
    return TrainingSettings(
        model=found.model,
        spec=found.spec,
        folds=found.folds,
        labels=found.labels,
        mlp=found.mlp,
        network=found.network,
        data=tuple(sorted(str(Path(source).resolve()) for source in found.data)),
    )


def _settings_of(run: Run) -> "TrainingSettings":
    # Imported here: numpy and more load slowly, and most visits train nothing.
    from aec.training import TrainingSettings

    return TrainingSettings.from_config(run.config())


def _allowed(source: str, settings: Settings) -> str:
    """Return a source as an absolute path; a run from the shell may be on any folder."""
    real = Path(source).resolve()
    roots = [*DEMO_FOLDERS.values(), *(() if settings.public else settings.data)]
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        raise UsageError(f"{real.name} lies outside the folders that may be read", "", "Name its folder in AEC_DATA")
    if not real.exists():
        raise UsageError(f"{real.name} is no longer there", "", "Put it back, or start a training of other clips")
    return str(Path(source).absolute())
