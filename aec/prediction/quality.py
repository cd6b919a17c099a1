"""Checks of a clip's quality, with notes in plain words."""

import msgspec
import numpy as np
import scipy.fft

from aec.audio import Sound, loudest_start, resample
from aec.features.pitch import RATE, track_pitch
from aec.features.rhythm import frame_levels, speech_frames

SHORT_S = 1.0
QUIET_DBFS = -40.0
# A frame this far below the loudest counts as pause.
PAUSE_DB = 40.0
MOSTLY = 0.6
# Telephone sound ends at 3.4 kHz; the share of energy above is all but zero then.
BAND_HZ = 3_800
BAND_SHARE = 1e-4
_FRAME_S = 0.025
# Of 330 clips of three corpora none had a smaller share of voiced speech than .37, nor a larger share of frames that
# keep their pitch to a fiftieth of a semitone than .34. Noise has up to .07 of the one; melodies of one or two tones
# at once have .56 or more of the other, dense chords need not.
VOICED_SHARE = 0.15
STEADY_SHARE = 0.45
_STEADY_SEMITONES = 0.02
# The loudest seconds, enough to tell speech from other sound.
_CHECKED_S = 6.0
_MIN_FRAMES = 30


class Note(msgspec.Struct, frozen=True):
    """A finding about a clip: a fixed word for programs, a sentence for people."""

    kind: str
    text: str


def quality_notes(sound: Sound) -> tuple[Note, ...]:
    """Return the findings that may make a prediction for this sound less reliable.

    Parameters
    ----------
    sound : Sound
        With measured `facts.levels`, else clipping is not checked.
    """
    checks = (_short, _quiet, _mostly_silence, _clipped, _band_limited, _not_speech)
    return tuple(note for check in checks if (note := check(sound)) is not None)


def _short(sound: Sound) -> Note | None:
    seconds = sound.facts.duration_s
    if seconds >= SHORT_S:
        return None
    return Note("too_short", f"The clip lasts only {seconds:.1f} s; two to five seconds give better predictions.")


def _quiet(sound: Sound) -> Note | None:
    peak = max(float(sound.waveform.max()), -float(sound.waveform.min()))
    level = 20 * np.log10(max(peak, 1e-9))
    if level >= QUIET_DBFS:
        return None
    return Note("very_quiet", f"The recording is very quiet (peak {level:.0f} dBFS); noise may mask the voice.")


def _mostly_silence(sound: Sound) -> Note | None:
    size = max(1, int(_FRAME_S * sound.sampling_rate))
    blocks = sound.waveform[: sound.waveform.size // size * size].reshape(-1, size)
    # einsum needs no copy of a sound of up to 15 minutes.
    frames = np.sqrt(np.einsum("ij,ij->i", blocks, blocks, dtype=np.float64) / size)
    if len(frames) < 2:
        return None
    pauses = float(np.mean(frames < frames.max() * 10 ** (-PAUSE_DB / 20)))
    if pauses <= MOSTLY:
        return None
    return Note("mostly_silence", f"{pauses:.0%} of the clip is silence; little speech is left to predict from.")


def _clipped(sound: Sound) -> Note | None:
    levels = sound.facts.levels
    if levels is None or levels.clipped_runs == 0:
        return None
    places = "one place" if levels.clipped_runs == 1 else f"{levels.clipped_runs} places"
    return Note("clipped", f"The recording is clipped in {places}: it was too loud for the microphone or the file.")


def _band_limited(sound: Sound) -> Note | None:
    if sound.sampling_rate < 4 * BAND_HZ:
        return Note(
            "band_limited",
            f"The sampling rate of {sound.sampling_rate} Hz leaves out the upper voice range, as a telephone does.",
        )
    # Ten seconds from the middle are enough.
    half = min(sound.waveform.size, 10 * sound.sampling_rate) // 2
    middle = sound.waveform.size // 2
    power = np.abs(scipy.fft.rfft(sound.waveform[middle - half : middle + half])) ** 2
    hz = np.linspace(0, sound.sampling_rate / 2, len(power))
    if power[hz > BAND_HZ].sum() >= BAND_SHARE * power.sum():
        return None
    return Note("band_limited", "There is no sound above 4 kHz, as over a telephone; the prediction may suffer.")


def _not_speech(sound: Sound) -> Note | None:
    # Noise has no pitch; tones of music keep theirs, which a speaking voice never does for long.
    rate = sound.sampling_rate
    start = round(loudest_start(sound.waveform, rate, _CHECKED_S) * rate)
    waveform = resample(sound.waveform[start : start + round(_CHECKED_S * rate)], rate, RATE)
    pitch = track_pitch(waveform).f0_hz
    loud = speech_frames(frame_levels(waveform))
    count = min(len(pitch), len(loud))
    voiced = pitch > 0
    if int(loud.sum()) < _MIN_FRAMES:
        return None
    if float((voiced[:count] & loud[:count]).sum()) < VOICED_SHARE * float(loud.sum()):
        return Note("not_speech", "Hardly any voiced sound was found: this may be noise, not speech.")
    both = voiced[1:] & voiced[:-1]
    if int(both.sum()) < _MIN_FRAMES:
        return None
    moves = 12 * np.abs(np.log2(pitch[1:][both] / pitch[:-1][both]))
    if float(np.mean(moves < _STEADY_SEMITONES)) <= STEADY_SHARE:
        return None
    return Note("not_speech", "The pitch hardly varies: this may be music or a hum, not speech.")
