"""Who speaks in the demo corpora, what they say, and what an emotion does to the voice."""

from dataclasses import dataclass

SAMPLING_RATE = 22050


@dataclass(frozen=True)
class Voice:
    """A synthetic speaker: a voice of espeak-ng, and the place it is recorded in.

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


@dataclass(frozen=True)
class Prosody:
    """What an emotion changes, as differences from neutral speech: zero changes nothing, and changes add up.

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
        Breath noise, as a share of the speech's amplitude.
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
    """A demo corpus before it is spoken.

    Parameters
    ----------
    corpus : str
        Name as in the manifest.
    language : str
        The language in words, for the README.
    voices : tuple of Voice
        The speakers.
    sentences : tuple of str
        What each of them says in each emotion, without the final mark.
    """

    corpus: str
    language: str
    voices: tuple[Voice, ...]
    sentences: tuple[str, ...]


EMOTION_PROSODY: dict[str, Prosody] = {
    "neutral": Prosody(),
    "angry": Prosody(
        rate_pct=10, pitch_st=4, range_pct=60, level_db=6, tilt_db=2.0, articulation_db=3, breath_pct=4
    ),
    "happy": Prosody(rate_pct=4, pitch_st=3, range_pct=60, level_db=3, tilt_db=0.5, breath_pct=6, tract_pct=4),
    "sad": Prosody(
        rate_pct=-12, pitch_st=-1.5, range_pct=-40, level_db=-5, tilt_db=-1.5, articulation_db=-5
    ),
    "fearful": Prosody(
        rate_pct=18, pitch_st=4.5, range_pct=30, articulation_db=3, breath_pct=8, tremor_pct=25, creak_pct=8
    ),
    "disgusted": Prosody(
        rate_pct=-22, pitch_st=-3, range_pct=15, level_db=-3, tilt_db=-0.5, creak_pct=35, tract_pct=-3
    ),
    "surprised": Prosody(
        rate_pct=12, pitch_st=3.5, range_pct=75, level_db=2, articulation_db=2, breath_pct=14, tract_pct=-1
    ),
}
"""The prosody of each emotion at full strength.

Source: I. R. Murray and J. L. Arnott (1993), "Toward the simulation of emotion in synthetic speech: A review of the
literature on human vocal emotion", JASA 93(2), 1097-1108. It describes anger, happiness, sadness, fear and disgust in
words ("much wider", "slightly lower", "breathy"); the numbers are ours and milder, so that the emotions overlap.
Surprise is ours altogether: quick, wide and breathy, ending in a rise.
"""

FINAL_MARK: dict[str, str] = {"angry": "!", "happy": "!", "surprised": "?"}
"""espeak-ng's melody follows the sentence's last mark; emotions that are not named end in a full stop."""

SPEAKER_SPREAD = Prosody(4, 0.8, 12, 1.5, 0.5, 1.2, 2.5, 4, 4, 1.2)
"""Standard deviation of a speaker's own way with an emotion; only speaker-dependent splits can learn it."""

CLIP_SPREAD = Prosody(5, 0.9, 15, 1.8, 0.5, 1.2, 2.5, 5, 5, 1.0)
"""Standard deviation from one clip to the next."""

STRENGTH_RANGE = (0.6, 1.1)
"""How strongly a clip shows its emotion, 1 being full strength; drawn evenly."""

ENGLISH = Script(
    "demo-english",
    "English",
    (
        Voice("en01", "f", "en-us+f3", 0.5, 165, 0, 0.0, 0.15, -62, -3, -25),
        Voice("en02", "m", "en-us+m3", 0.0, 158, 0, 0.5, 0.25, -58, -6, -24),
        Voice("en03", "f", "en+f2", 1.5, 172, 3, -0.5, 0.10, -65, 0, -27),
        Voice("en04", "m", "en-gb-x-rp+m7", -1.0, 160, -4, 0.0, 0.30, -60, -5, -23),
        Voice("en05", "f", "en-gb-scotland+f4", -0.5, 168, 2, 0.5, 0.20, -56, -4, -26),
        Voice("en06", "m", "en-us-nyc+m1", 1.5, 170, 3, -0.5, 0.12, -63, -2, -25),
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
        Voice("de01", "f", "de+f2", 0.5, 160, 1, 0.0, 0.18, -60, -3, -25),
        Voice("de02", "m", "de+m3", -0.5, 155, -2, 0.5, 0.12, -64, -6, -24),
        Voice("de03", "f", "de+f5", 1.0, 168, 3, -0.5, 0.25, -58, -1, -26),
        Voice("de04", "m", "de+m7", 1.0, 162, 2, 0.0, 0.15, -62, -4, -25),
    ),
    (
        "Der Schlüssel hängt neben dem Spiegel im Flur",
        "Am Dienstag kommt der neue Kalender",
        "Wir haben die Bilder in den Keller gebracht",
        "Der Bus zum Bahnhof fährt um halb neun",
        "Sie stellt die Gläser auf das untere Regal",
        "Im Garten stehen drei Stühle und ein Tisch",
    ),
)

SCRIPTS: tuple[Script, ...] = (ENGLISH, GERMAN)
