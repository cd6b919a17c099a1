"""EmoDB (Berlin): `03a01Fa` (speaker, text, emotion, version).

Source: Burkhardt et al. (2005), A Database of German Emotional Speech, Interspeech.
"""

import re

from aec.corpora.layouts.layout import ExpectedSize, Layout, NameFacts, by_name, name_pattern

_SEXES = {
    **dict.fromkeys(("03", "10", "11", "12", "15"), "male"),
    **dict.fromkeys(("08", "09", "13", "14", "16"), "female"),
}
_TEXTS = {
    "a01": "Der Lappen liegt auf dem Eisschrank",
    "a02": "Das will sie am Mittwoch abgeben",
    "a04": "Heute abend könnte ich es ihm sagen",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück",
    "a07": "In sieben Stunden wird es soweit sein",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen",
}
# The letters are German: Wut, Langeweile, Ekel, Angst, Freude, Trauer; N is neutral.
_EMOTIONS = {
    "W": "angry",
    "L": "bored",
    "E": "disgusted",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
# Only the ten speakers and ten texts of the corpus: any seven letters and digits have this form.
_NAME = name_pattern(
    rf"(?P<speaker>{'|'.join(_SEXES)})(?P<text>{'|'.join(_TEXTS)})(?P<emotion>[{''.join(_EMOTIONS)}])[a-z]"
)


def _facts(found: re.Match[str]) -> NameFacts:
    label = found["emotion"].upper()
    return NameFacts(
        corpus="emodb",
        label=label,
        emotion=_EMOTIONS[label],
        speaker=found["speaker"],
        sex=_SEXES[found["speaker"]],
        text=_TEXTS[found["text"].lower()],
    )


EMODB = Layout(
    name="emodb",
    title="EmoDB",
    example="wav/03a01Fa.wav",
    recogniser=by_name(_NAME, _facts),
    sizes=(ExpectedSize("EmoDB", 535, 10),),
)
