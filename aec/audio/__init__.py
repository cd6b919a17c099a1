"""Decoding of sound: a path or bytes -> a mono float32 waveform and its facts.

`decode` refuses sound that cannot be used and says why; `inspect` returns the facts of silent or clipped sound too,
as a scan of a corpus needs them.
"""

from aec.audio.decoding import (
    AUDIO_EXTENSIONS,
    MIN_SECONDS,
    Limits,
    Sound,
    SoundFacts,
    decode,
    inspect,
    refuse_unusable,
)
from aec.audio.levels import Levels, loudest_start
from aec.audio.resampling import resample
from aec.audio.scratch_buffers import scratch_buffer

__all__ = [
    "AUDIO_EXTENSIONS",
    "MIN_SECONDS",
    "Levels",
    "Limits",
    "Sound",
    "SoundFacts",
    "decode",
    "inspect",
    "loudest_start",
    "refuse_unusable",
    "resample",
    "scratch_buffer",
]
