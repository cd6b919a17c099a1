"""Recipe of the demo corpora: voices, sentences, and the prosody of emotions."""

from dataclasses import dataclass

from aec.errors import AecError

TAKES = (2, 2, 1, 1)
"""Takes of each of the sentences drawn for a speaker and an emotion.

Acted corpora repeat sentences too, and a random split puts such twins on both sides.
"""


@dataclass(frozen=True)
class Voice:
    """A synthetic speaker: a voice of espeak-ng, and its room and microphone.

    Parameters
    ----------
    speaker : str
        Short id, used in folder and file names.
    sex : str
        'f' or 'm'.
    espeak : str
        Name of the espeak-ng voice with its variant, such as 'en-us+f3'.
    pitch_st : float
        Base pitch in semitones from that of the espeak-ng voice.
    rate_wpm : float
        Base speech rate in words per minute.
    tract_pct : float
        Shift of all formants in percent; a shorter vocal tract is above zero.
    tilt_db : float
        Slope of the microphone's response in dB per octave.
    reverb_s : float
        Time in seconds in which the room's sound decays by 60 dB.
    noise_dbfs : float
        Level of the background noise.
    noise_slope_db : float
        Colour of the background noise in dB per octave; 0 is white, -6 brown.
    level_dbfs : float
        Level of neutral speech.
    """

    speaker: str
    sex: str
    espeak: str
    pitch_st: float
    rate_wpm: float
    tract_pct: float
    tilt_db: float
    reverb_s: float
    noise_dbfs: float
    noise_slope_db: float
    level_dbfs: float

    def __post_init__(self) -> None:
        if self.sex not in ("f", "m"):
            raise AecError(f"{self.speaker} has the sex {self.sex!r}", "'f' or 'm' was expected")
        if self.reverb_s <= 0 or self.rate_wpm <= 0:
            raise AecError(f"{self.speaker} has a reverb or rate of zero or below", "Both must be above zero")


@dataclass(frozen=True)
class Prosody:
    """Prosody of an emotion, as differences from neutral speech; differences add up.

    Parameters
    ----------
    rate_pct : float
        Speech rate in percent.
    pitch_st : float
        Mean pitch in semitones.
    range_pct : float
        Pitch range in percent.
    level_db : float
        Intensity in dB.
    tilt_db : float
        Spectral slope in dB per octave: a tense voice is above zero.
    articulation_db : float
        Level of the consonants' band: precise above zero, slurred below.
    breath_pct : float
        Breath noise, as a share of the amplitude of the speech.
    tremor_pct : float
        Depth of the slow trembling of pitch and loudness.
    creak_pct : float
        Depth of the irregular voicing, heard as a grumble.
    tract_pct : float
        Shift of the formants: a smile shortens the vocal tract.
    """

    rate_pct: float = 0.0
    pitch_st: float = 0.0
    range_pct: float = 0.0
    level_db: float = 0.0
    tilt_db: float = 0.0
    articulation_db: float = 0.0
    breath_pct: float = 0.0
    tremor_pct: float = 0.0
    creak_pct: float = 0.0
    tract_pct: float = 0.0


@dataclass(frozen=True)
class Script:
    """A demo corpus before synthesis.

    Parameters
    ----------
    corpus : str
        Name as in the manifest.
    language : str
        The language in words, for the README.
    voices : tuple of Voice
        Its speakers.
    sentences : tuple of str
        Sentences of every speaker in every emotion, without the final mark.
    """

    corpus: str
    language: str
    voices: tuple[Voice, ...]
    sentences: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.sentences) < len(TAKES):
            raise AecError(
                f"{self.corpus} has {len(self.sentences)} sentences", f"{len(TAKES)} are said in each emotion"
            )


EMOTION_PROSODY: dict[str, Prosody] = {
    "neutral": Prosody(),
    "angry": Prosody(
        rate_pct=13, pitch_st=5.5, range_pct=80, level_db=9, tilt_db=3.3, articulation_db=4.5, breath_pct=5
    ),
    "happy": Prosody(rate_pct=5, pitch_st=4.5, range_pct=85, level_db=4, tilt_db=1, breath_pct=10, tract_pct=6),
    "sad": Prosody(rate_pct=-17, pitch_st=-2, range_pct=-60, level_db=-8, tilt_db=-2, articulation_db=-8),
    "fearful": Prosody(
        rate_pct=27,
        pitch_st=6.5,
        range_pct=40,
        articulation_db=4.5,
        breath_pct=14,
        tremor_pct=38,
        creak_pct=13,
    ),
    "disgusted": Prosody(
        rate_pct=-28, pitch_st=-4.5, range_pct=20, level_db=-4, tilt_db=-1, creak_pct=55, tract_pct=-5
    ),
    "surprised": Prosody(
        rate_pct=15, pitch_st=5.5, range_pct=90, level_db=3, articulation_db=3.5, breath_pct=24, tract_pct=-2
    ),
}
"""The prosody of each emotion at full strength.

Source: I. R. Murray and J. L. Arnott (1993), "Toward the simulation of emotion in synthetic speech: A review of
the literature on human vocal emotion", JASA 93(2), 1097-1108. It describes anger, happiness, sadness, fear and
disgust in words ("much wider", "slightly lower", "breathy"); the numbers are ours, chosen so that the emotions
overlap. Surprise is ours altogether: quick, wide and breathy, ending in a rise.
"""

FINAL_MARK: dict[str, str] = {"angry": "!", "happy": "!", "surprised": "?"}
"""Final mark of a sentence, which sets espeak-ng's melody; a full stop for all others."""

SPEAKER_SPREAD = Prosody(
    rate_pct=5,
    pitch_st=1.3,
    range_pct=15,
    level_db=2.5,
    tilt_db=1.0,
    articulation_db=2.0,
    breath_pct=4,
    tremor_pct=7,
    creak_pct=7,
    tract_pct=1.7,
)
"""Standard deviation between speakers; only speaker-dependent splits can learn it."""

CLIP_SPREAD = Prosody(
    rate_pct=2,
    pitch_st=0.3,
    range_pct=5,
    level_db=0.8,
    tilt_db=0.15,
    articulation_db=0.4,
    breath_pct=1,
    tremor_pct=1.5,
    creak_pct=1.5,
    tract_pct=0.3,
)
"""Standard deviation between clips of one speaker and emotion."""

STRENGTH_RANGE = (0.8, 1.2)
"""Range of the strength of a clip's emotion, drawn evenly; 1 is full strength."""

# The columns: speaker, sex, espeak, pitch_st, rate_wpm, tract_pct, tilt_db, reverb_s, noise_dbfs, noise_slope_db,
# level_dbfs. British voices start from 'en' or 'en-gb-x-rp': to 'en-gb', espeak-ng 1.51 applies no variant.
ENGLISH = Script(
    "demo-english",
    "English",
    (
        Voice("en01", "f", "en-us+f3", 0.5, 165, 0, 0.0, 0.15, -66, -3, -29),
        Voice("en02", "m", "en-us+m3", 0.0, 158, 0, 0.5, 0.25, -62, -6, -28),
        Voice("en03", "f", "en+f2", 1.5, 172, 3, -0.5, 0.10, -69, 0, -31),
        Voice("en04", "m", "en-gb-x-rp+m7", -1.0, 160, -4, 0.0, 0.30, -64, -5, -27),
        Voice("en05", "f", "en-gb-scotland+f4", -0.5, 168, 2, 0.5, 0.20, -60, -4, -30),
        Voice("en06", "m", "en-us-nyc+m1", 1.5, 170, 3, -0.5, 0.12, -67, -2, -29),
    ),
    (
        "The parcel is standing under the window",
        "She will bring the green chairs on Monday",
        "We moved the meeting to the second floor",
        "The train to the coast leaves at ten",
        "Your keys are in the drawer next to the lamp",
        "They painted the garden fence last week",
    ),
)

GERMAN = Script(
    "demo-german",
    "German",
    (
        Voice("de01", "f", "de+f2", 0.5, 160, 1, 0.0, 0.18, -64, -3, -29),
        Voice("de02", "m", "de+m3", -0.5, 155, -2, 0.5, 0.12, -68, -6, -28),
        Voice("de03", "f", "de+f5", 1.0, 168, 3, -0.5, 0.25, -62, -1, -30),
        Voice("de04", "m", "de+m7", 1.0, 162, 2, 0.0, 0.15, -66, -4, -29),
    ),
    (
        "Der Schlüssel hängt neben dem Spiegel im Flur",
        "Am Dienstag kommt der neue Kalender",
        "Wir haben die Bilder in den Keller gebracht",
        "Der Bus zum Bahnhof fährt um neun",
        "Sie stellt die Gläser auf das untere Regal",
        "Im Garten stehen drei Stühle und ein Tisch",
    ),
)

SCRIPTS: tuple[Script, ...] = (ENGLISH, GERMAN)
