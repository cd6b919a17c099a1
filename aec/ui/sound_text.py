"""Text about a sound: facts of its file, processing, quality notes."""

from collections.abc import Iterable

from aec.audio import SoundFacts
from aec.features import FeatureSpec
from aec.prediction.quality import Note
from aec.ui.text import duration_text

# Notes about processing, not about quality.
_PROCESSING = frozenset({"downmixed", "resampled", "levelled", "windowed"})
_TITLES = {"MOV": "MP4 (M4A)", "MATROSKA": "WebM", "OGG": "Ogg", "WAVEX": "WAV"}


def quality_texts(notes: Iterable[Note]) -> list[str]:
    """Return the texts of the notes about quality."""
    return [note.text for note in notes if note.kind not in _PROCESSING]


def sound_facts(name: str, facts: SoundFacts, spec: FeatureSpec) -> dict[str, str]:
    """Return facts about a file and its processing, by title.

    Parameters
    ----------
    name : str
        The file's name.
    facts : SoundFacts
        With levels where they were measured.
    spec : FeatureSpec
        Of the model's input.
    """
    resampled = "" if facts.sampling_rate == spec.sampling_rate else f", resampled to {spec.sampling_rate:,} Hz"
    found = {
        "File": name,
        "Container": f"{container_title(facts.container)}, {facts.encoding.replace('_', ' ')}",
        "Length": duration_text(facts.duration_s) + _fitted(facts.duration_s, spec),
        "Sampling rate": f"{facts.sampling_rate:,} Hz{resampled}",
        "Channels": "1" if facts.channels == 1 else f"{facts.channels}, mixed to one",
    }
    if facts.levels is not None:
        levelled = "" if spec.level_db is None else f"; the average was set to {spec.level_db:g} dBFS"
        found["Level"] = f"Peak {facts.levels.peak_dbfs:.1f} dBFS{levelled}".replace("-", "−")
        runs = facts.levels.clipped_runs
        found["Clipping"] = "None" if runs == 0 else f"In {runs} place{'' if runs == 1 else 's'}"
    if spec.trim_db is not None:
        found["Silence"] = f"Cut off at both ends, {spec.trim_db:g} dB below the loudest part"
    return found


def container_title(container: str) -> str:
    """Return the usual name of a container format."""
    return _TITLES.get(container, container)


def _fitted(duration_s: float, spec: FeatureSpec) -> str:
    if spec.max_frames is None:
        return ""
    view_s = spec.max_frames * spec.hop_s
    if duration_s > view_s:
        return f", predicted in windows because the model takes {view_s:.1f} s at once"
    return f", filled up with silence to the {view_s:.1f} s that the model takes"
