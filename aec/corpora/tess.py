"""TESS: `OAF_back_angry`, that is speaker, word and emotion; `ps` is a pleasant surprise.

Source: Pichora-Fuller & Dupuis (2020), Toronto emotional speech set (TESS), Borealis, doi:10.5683/SP2/E8H2MF.
"""

from aec.corpora.layout import Candidate, ExpectedSize, Layout, NameFacts, by_name, name_pattern

# The F may be missing: one file of the original is called OA_bite_neutral.
_NAME = name_pattern(r"(?P<speaker>[OY]A)F?_(?P<word>[^_]+)_(?P<emotion>angry|disgust|fear|happy|neutral|ps|sad)")
_EMOTIONS = {
    "angry": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}


def parse(candidate: Candidate) -> NameFacts | None:
    """Return what a TESS name tells, or None for another name."""
    found = _NAME.fullmatch(candidate.stem)
    if found is None:
        return None
    label = found["emotion"].lower()
    return NameFacts(
        corpus="tess",
        label=label,
        emotion=_EMOTIONS[label],
        speaker=found["speaker"].upper() + "F",
        sex="female",
        text=f"Say the word {found['word'].lower()}",
    )


TESS = Layout(
    name="tess",
    title="TESS",
    example="OAF_angry/OAF_back_angry.wav",
    open=by_name(parse),
    sizes=(ExpectedSize("TESS", 2800, 2),),
)
