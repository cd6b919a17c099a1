"""The same training with the other split: the run that there is, or the configuration of one to come."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import RunError, UsageError
from aec.runs.run import Run
from aec.settings import Settings
from aec.ui.run_records import ACTIVE, RunRow
from aec.ui.training.choices import check_limits

OTHER_SPLIT = {"speaker": "random", "random": "speaker"}
# A run's configuration says more than that, but nothing else that a score depends on.
_SAME = ("model", "spec", "folds", "labels", "mlp", "network")


def find_counterpart(row: RunRow, rows: Sequence[RunRow]) -> RunRow | None:
    """Return the latest finished run that differs from a run by its split alone, else one under way, else None.

    Parameters
    ----------
    row : RunRow
        Of a speaker-independent or a random split.
    rows : sequence of RunRow
        All runs, newest first.
    """
    wanted = _essence(row.run)
    split = OTHER_SPLIT[row.split]
    same = [other for other in rows if other.split == split and _matches(other, wanted)]
    finished = [other for other in same if other.state == "finished" and other.uar is not None]
    return next(iter([*finished, *(other for other in same if other.state in ACTIVE)]), None)


def counterpart_config(run: Run, settings: Settings) -> dict[str, Any]:
    """Return the configuration of the same training with the other split.

    Raises
    ------
    AecError
        The run is on folders that the dashboard may not read or that are gone, its configuration is damaged, or its
        settings are beyond what may be trained from a page.
    """
    # Imported here: scikit-learn takes a second to load, and most visits train nothing.
    from aec.training import TrainingSettings

    config = run.config()
    made = TrainingSettings.from_dict(config)
    folders = [_allowed(str(source), settings) for source in config.get("data", [])]
    if not folders or made.split not in OTHER_SPLIT:
        raise UsageError("this run has no counterpart with another split", "", "Start it from the form")
    check_limits(folders, made.recipe.max_epochs, made.recipe.seed, public=settings.public)
    return {**replace(made, split=OTHER_SPLIT[made.split]).to_dict(), "data": folders}


def _matches(other: RunRow, wanted: Mapping[str, Any]) -> bool:
    try:
        return _essence(other.run) == wanted
    except (RunError, OSError):
        return False


def _essence(run: Run) -> dict[str, Any]:
    config = run.config()
    folders = sorted(str(Path(str(source)).resolve()) for source in config.get("data", []))
    return {**{name: config.get(name) for name in _SAME}, "data": folders}


def _allowed(source: str, settings: Settings) -> str:
    """Return a source as an absolute path; a run from the shell may be on any folder."""
    real = Path(source).resolve()
    roots = [*DEMO_FOLDERS.values(), *(() if settings.public else settings.data)]
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        raise UsageError(f"{real.name} lies outside the folders that may be read", "", "Name its folder in AEC_DATA")
    if not real.exists():
        raise UsageError(f"{real.name} is no longer there", "", "Put it back, or start a training of other clips")
    return str(Path(source).absolute())
