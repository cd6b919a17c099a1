"""Texts about runs: kind, state, remaining time, score, messages without folders."""

import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from aec.corpora.demo import DEMO_FOLDERS
from aec.runs.progress import JobProgress
from aec.settings import Settings
from aec.ui.text import duration_text, plain

STATE_TITLES = {
    "queued": "Waiting",
    "running": "Running",
    "finished": "Finished",
    "cancelled": "Cancelled",
    "failed": "Failed",
}
_KINDS = {
    "mlp": "Training (MLP)",
    "cnn": "Training (CNN)",
    "rnn": "Training (RNN)",
    "crnn": "Training (CRNN)",
    "benchmark": "Benchmark",
}
# An absolute path: at least two parts, so that "and/or" or a speaker such as "ravdess/21" is none.
_PATH = re.compile(r"(?<![\w.])(?:[A-Za-z]:)?[\\/](?:[^\s\\/:'\"<>|]+[\\/])+")


def kind_title(kind: str) -> str:
    """Return the title of a kind of job."""
    return _KINDS.get(kind, "Job")


def remaining_words(seconds: float | None, *, at_most: bool = False) -> str:
    """Return the remaining time as a sentence; empty if unknown."""
    if seconds is None:
        return ""
    # Early estimates are rough: whole seconds, and tens of seconds beyond a minute.
    rounded = round(seconds) if seconds < 60 else 10 * round(seconds / 10)
    return f"{'At most' if at_most else 'About'} {duration_text(rounded).replace('.0 s', ' s')} left"


def progress_text(progress: JobProgress) -> str:
    """Return the current step of a job and its remaining time, as Markdown."""
    left = remaining_words(progress.remaining_s, at_most=progress.at_most)
    return plain(f"{progress.step}. {left}" if left else progress.step)


def uar_words(uar: float | None, interval: tuple[float, float] | None) -> str:
    """Return a UAR with its interval; a dash if there is none."""
    if uar is None:
        return "–"
    return f"{uar:.2f}" + (f" ({interval[0]:.2f} to {interval[1]:.2f})" if interval else "")


def local_time(text: str | None, zone: tzinfo | None) -> datetime | None:
    """Return an ISO 8601 time in a time zone; None if it is missing or damaged."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)


def without_folders(text: str, settings: Settings) -> str:
    """Return a text without the folders of this machine in its paths.

    Parameters
    ----------
    text : str
        A message, a note or a line of a log.
    settings : Settings
    """
    for folder in _known_folders(settings):
        text = text.replace(f"{folder}/", "").replace(f"{folder}\\", "")
    return _PATH.sub("", text)


def clip_name(path: str, settings: Settings) -> str:
    """Return the path of a clip below its corpus folder."""
    for folder in _known_folders(settings):
        if path.startswith((f"{folder}/", f"{folder}\\")):
            return path[len(folder) + 1 :]
    return Path(path).name


def _known_folders(settings: Settings) -> list[str]:
    demo = list(DEMO_FOLDERS.values())
    folders = [*demo, *settings.data, settings.home / "runs", settings.home]
    # One folder may lie in another: the longest is removed first.
    places = {str(path) for folder in folders for path in (folder.absolute(), folder.resolve())}
    return sorted(places, key=len, reverse=True)
