"""SAVEE: `DC/a01`, or `DC_a01` where all speakers lie in one folder.

Source: Haq & Jackson (2009), Speaker-Dependent Audio-Visual Emotion Recognition, AVSP.
"""

from aec.corpora.layouts.layout import AudioFile, ExpectedSize, Layout, NameFacts, name_pattern

_NAME = name_pattern(r"(?P<speaker>DC|JE|JK|KL)_(?P<emotion>sa|su|[adfhn])[0-9]{2}")
_EMOTIONS = {
    "a": "angry",
    "d": "disgusted",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}


def _recognise(file: AudioFile) -> NameFacts | None:
    # `a01` alone is too common a name; only a speaker's folder makes it SAVEE.
    found = _NAME.fullmatch(file.stem) or _NAME.fullmatch(f"{''.join(file.folders[-1:])}_{file.stem}")
    if found is None:
        return None
    label = found["emotion"].lower()
    return NameFacts("savee", label, _EMOTIONS[label], found["speaker"].upper(), sex="male")


SAVEE = Layout(
    name="savee",
    title="SAVEE",
    example="DC/a01.wav",
    recogniser=lambda _folders: _recognise,
    sizes=(ExpectedSize("SAVEE", 480, 4),),
)
