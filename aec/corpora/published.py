"""The pooled corpus of the second described system, as its clips were counted there.

It pools CREMA-D, TESS, RAVDESS and SAVEE: the collection `uldisvalainis/audio-emotions` on Kaggle, whose counts by
emotion and by source these are. RAVDESS is there with speech and song, without its eighth emotion, calm.

Source: the description of that system. The corpora are of Cao et al. (2014, CREMA-D), Pichora-Fuller & Dupuis (2020,
TESS), Livingstone & Russo (2018, RAVDESS), and Haq & Jackson (2009, SAVEE).
"""

PUBLISHED_EMOTIONS: dict[str, int] = {
    "angry": 2167,
    "happy": 2167,
    "sad": 2167,
    "neutral": 1795,
    "fearful": 2047,
    "disgusted": 1863,
    "surprised": 592,
}
# By the corpus's name in the table of clips.
PUBLISHED_CORPORA: dict[str, int] = {"crema-d": 7442, "tess": 2800, "ravdess": 2076, "savee": 480}
PUBLISHED_CLIPS = 12_798
