"""RAVDESS, speech and song: `03-01-05-02-01-01-12`, seven two-digit fields.

Source: Livingstone & Russo (2018), The Ryerson Audio-Visual Database of Emotional Speech and Song, PLoS ONE 13(5).
"""

import re

from aec.corpora.layouts.layout import ExpectedSize, Layout, NameFacts, by_name, name_pattern

# Modality 02 is video without sound.
_NAME = name_pattern(
    r"0[13]-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-(?P<statement>0[12])-0[12]"
    r"-(?P<actor>0[1-9]|1[0-9]|2[0-4])"
)
# By the number in the name, which starts at 1.
_EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
_INTENSITIES = {"01": "normal", "02": "strong"}
_STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}


def _facts(found: re.Match[str]) -> NameFacts:
    return NameFacts(
        corpus="ravdess",
        label=found["emotion"],
        emotion=_EMOTIONS[int(found["emotion"]) - 1],
        # Speech and song share their actors, so an actor is one speaker over both.
        speaker=found["actor"],
        sex="male" if int(found["actor"]) % 2 else "female",
        text=_STATEMENTS[found["statement"]],
        intensity=_INTENSITIES[found["intensity"]],
    )


def _is_song(stem: str) -> bool:
    found = _NAME.fullmatch(stem)
    return found is not None and found["channel"] == "02"


RAVDESS = Layout(
    name="ravdess",
    title="RAVDESS",
    example="Actor_12/03-01-05-02-01-01-12.wav",
    recogniser=by_name(_NAME, _facts),
    sizes=(
        ExpectedSize("RAVDESS speech", 1440, 24, lambda stem: not _is_song(stem)),
        # Actor 18 does not sing.
        ExpectedSize("RAVDESS song", 1012, 23, _is_song),
    ),
)
