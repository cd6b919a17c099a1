"""Emotions, label sets, colours, and the names of emotions in corpora."""

import re

EMOTIONS = (
    "angry",
    "happy",
    "sad",
    "neutral",
    "fearful",
    "disgusted",
    "surprised",
    "calm",
    "frustrated",
    "excited",
    "bored",
)

LABEL_SETS: dict[str, tuple[str, ...]] = {
    "seven": EMOTIONS[:7],
    "five": ("angry", "frustrated", "happy", "neutral", "sad"),
    "all": EMOTIONS,
}

# One colour per emotion on every page; the first seven are Okabe & Ito's colour-blind safe set.
EMOTION_COLOURS: dict[str, str] = {
    "angry": "#D55E00",
    "happy": "#E69F00",
    "sad": "#0072B2",
    "neutral": "#7F7F7F",
    "fearful": "#CC79A7",
    "disgusted": "#009E73",
    "surprised": "#56B4E9",
    "calm": "#A6A6A6",
    "frustrated": "#A6611A",
    "excited": "#C9B400",
    "bored": "#B8A9C9",
}

_WORDS: dict[str, tuple[str, ...]] = {
    "angry": ("anger", "ang", "mad", "wut", "aerger", "ärger"),
    "happy": ("happiness", "hap", "joy", "joyful", "freude"),
    "sad": ("sadness", "trauer"),
    "neutral": ("neu", "neutrality"),
    "fearful": ("fear", "fea", "fearfull", "afraid", "scared", "anxious", "angst"),
    "disgusted": ("disgust", "dis", "ekel"),
    # The Kaggle collection spells its folder without the first r.
    "surprised": ("surprise", "suprised", "suprise", "sur", "ps", "pleasant surprise", "pleasant surprised"),
    "calm": ("calmness",),
    "frustrated": ("frustration", "fru"),
    "excited": ("excitement", "exc"),
    "bored": ("boredom", "bor", "langeweile"),
}

_BY_WORD = {word: emotion for emotion, words in _WORDS.items() for word in (emotion, *words)}


def emotion_of(word: str) -> str | None:
    """Return the emotion of a corpus's word, or None if it names no emotion.

    Parameters
    ----------
    word : str
        A folder name or a manifest entry; case, underscores and hyphens do not matter.
    """
    return _BY_WORD.get(re.sub(r"[\s_\-]+", " ", word).strip().casefold())
