"""SAVEE: `DC/a01`, or `DC_a01` where all speakers lie in one folder.

Source: Haq & Jackson (2009), Speaker-Dependent Audio-Visual Emotion Recognition, AVSP.
"""

from aec.corpora.layout import Candidate, ExpectedSize, Layout, NameFacts, by_name, name_pattern

_SPEAKERS = frozenset({"DC", "JE", "JK", "KL"})
_NAME = name_pattern(r"(?:(?P<speaker>DC|JE|JK|KL)_)?(?P<emotion>sa|su|[adfhn])[0-9]{2}")
_EMOTIONS = {
    "a": "angry",
    "d": "disgusted",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}


def parse(candidate: Candidate) -> NameFacts | None:
    """Return what a SAVEE name and its folder tell, or None for another name."""
    found = _NAME.fullmatch(candidate.stem)
    if found is None:
        return None
    folder = candidate.folders[-1] if candidate.folders else ""
    speaker = (found["speaker"] or folder).upper()
    # `a01` alone is too common a name; only a speaker's folder makes it SAVEE.
    if speaker not in _SPEAKERS:
        return None
    label = found["emotion"].lower()
    return NameFacts(corpus="savee", label=label, emotion=_EMOTIONS[label], speaker=speaker, sex="male")


SAVEE = Layout(
    name="savee",
    title="SAVEE",
    example="DC/a01.wav",
    open=by_name(parse),
    sizes=(ExpectedSize("SAVEE", 480, 4),),
)
