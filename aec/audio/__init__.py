"""The one door for sound: a path or bytes -> a mono float32 waveform and facts about the file.

`decode` refuses what cannot be used and says why; `inspect` looks at the same file without judging its content,
which is what a scan of a corpus needs.
"""

from aec.audio.buffers import kept_buffer
from aec.audio.door import (
    AUDIO_EXTENSIONS,
    MIN_SECONDS,
    Limits,
    Sound,
    SoundFacts,
    decode,
    inspect,
    refuse_unusable,
)
from aec.audio.loudest import loudest_start
from aec.audio.measures import Levels
from aec.audio.resampling import resample

__all__ = [
    "AUDIO_EXTENSIONS",
    "MIN_SECONDS",
    "Levels",
    "Limits",
    "Sound",
    "SoundFacts",
    "decode",
    "inspect",
    "kept_buffer",
    "loudest_start",
    "refuse_unusable",
    "resample",
]
