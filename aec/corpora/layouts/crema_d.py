"""CREMA-D: `1001_DFA_ANG_XX` (actor, sentence, emotion, intensity).

Source: Cao et al. (2014), CREMA-D: Crowd-Sourced Emotional Multimodal Actors Dataset, IEEE Transactions on
Affective Computing 5(4).
"""

import re

from aec.corpora.layouts.layout import ExpectedSize, Layout, NameFacts, by_name, name_pattern
from aec.emotions import emotion_of

# One file of the original ends in a single X.
_NAME = name_pattern(
    r"(?P<actor>[0-9]{4})_(?P<sentence>[a-z]{3})_(?P<emotion>ANG|DIS|FEA|HAP|NEU|SAD)_(?P<intensity>XX?|LO|MD|HI)"
)
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high"}
_SENTENCES = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}


def _facts(found: re.Match[str]) -> NameFacts:
    label = found["emotion"].upper()
    return NameFacts(
        corpus="crema-d",
        label=label,
        emotion=emotion_of(label),
        speaker=found["actor"],
        text=_SENTENCES.get(found["sentence"].upper()),
        intensity=_INTENSITIES.get(found["intensity"].upper()),
    )


CREMA_D = Layout(
    name="crema-d",
    title="CREMA-D",
    example="1001_DFA_ANG_XX.wav",
    recogniser=by_name(_NAME, _facts),
    sizes=(ExpectedSize("CREMA-D", 7442, 91),),
)
