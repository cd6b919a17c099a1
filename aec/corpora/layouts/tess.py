"""TESS: `OAF_back_angry` (speaker, word, emotion); `ps` is a pleasant surprise.

Source: Pichora-Fuller & Dupuis (2020), Toronto emotional speech set (TESS), Borealis, doi:10.5683/SP2/E8H2MF.
"""

import re

from aec.corpora.layouts.layout import ExpectedSize, Layout, NameFacts, by_name, name_pattern
from aec.emotions import emotion_of

# The F may be missing: one file of the original is called OA_bite_neutral.
_NAME = name_pattern(r"(?P<speaker>[OY]A)F?_(?P<word>[^_]+)_(?P<emotion>angry|disgust|fear|happy|neutral|ps|sad)")


def _facts(found: re.Match[str]) -> NameFacts:
    label = found["emotion"].lower()
    return NameFacts(
        corpus="tess",
        label=label,
        emotion=emotion_of(label),
        speaker=found["speaker"].upper() + "F",
        sex="female",
        text=f"Say the word {found['word'].lower()}",
    )


TESS = Layout(
    name="tess",
    title="TESS",
    example="OAF_angry/OAF_back_angry.wav",
    recogniser=by_name(_NAME, _facts),
    sizes=(ExpectedSize("TESS", 2800, 2),),
)
