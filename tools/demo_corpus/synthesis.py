"""Synthesis of a demo clip, from its sentence to its samples, with espeak-ng."""

import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
from scipy.interpolate import CubicSpline
from scipy.signal import fftconvolve

from aec.errors import AecError
from tools.demo_corpus.recipe import (
    CLIP_SPREAD,
    EMOTION_PROSODY,
    FINAL_MARK,
    SPEAKER_SPREAD,
    STRENGTH_RANGE,
    TAKES,
    Prosody,
    Script,
    Voice,
)

Waveform = npt.NDArray[np.float64]

SAMPLING_RATE = 22050
SHORTEST_S, LONGEST_S = 1.0, 4.0
# Vorbis exceeds the given peak, at times by a quarter; this leaves it room below full scale.
PEAK = 0.65
# Below this amplitude the ends of espeak-ng's output are silence.
SILENCE = 0.005

# espeak-ng's pitch setting (0-99) and the pitch that results, measured on en-us+m3.
PITCH_SETTINGS = (0, 10, 25, 40, 50, 60, 75, 90, 99)
PITCH_RATIOS = (0.71, 0.74, 0.84, 0.94, 1.0, 1.085, 1.27, 1.49, 1.64)
# Twice the range raises the mean by about a fifth, because espeak-ng leaves the lowest pitch unchanged.
MEAN_PER_RANGE = 0.2
SLOWEST = 0.72


def espeak_version() -> str:
    """Return the version of espeak-ng.

    Raises
    ------
    AecError
        It is not installed.
    """
    if shutil.which("espeak-ng") is None:
        raise AecError(
            "espeak-ng is not installed",
            remedy="Install it: apt install espeak-ng (Debian, Ubuntu) or brew install espeak-ng (macOS)",
        )
    output = _espeak("--version").decode()
    # "eSpeak NG text-to-speech: 1.51  Data at: ...": without the folder of this machine.
    return output.partition(":")[2].split()[0]


def _espeak(*arguments: str) -> bytes:
    return subprocess.run(["espeak-ng", *arguments], check=True, capture_output=True).stdout


@dataclass(frozen=True)
class DemoClip:
    """One row of a manifest, before synthesis."""

    corpus: str
    voice: Voice
    emotion: str
    number: int
    sentence: str
    take: int

    @property
    def path(self) -> str:
        """Path in the corpus folder, with forward slashes."""
        speaker = self.voice.speaker
        return f"{speaker}/{speaker}_s{self.number}_{self.emotion}_t{self.take}.ogg"

    @property
    def text(self) -> str:
        """The sentence in the manifest; its final mark must not show the emotion."""
        return f"{self.sentence}."


def clips_of(script: Script, seed: int) -> Iterator[DemoClip]:
    """Yield the clips: per speaker and emotion four sentences, two of them twice."""
    for voice in script.voices:
        for emotion in EMOTION_PROSODY:
            order = generator(seed, "sentences", voice.speaker, emotion).permutation(len(script.sentences))
            for index, takes in zip(order.tolist(), TAKES, strict=False):
                for take in range(1, takes + 1):
                    yield DemoClip(script.corpus, voice, emotion, index + 1, script.sentences[index], take)


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return a generator seeded by names: a clip is the same when others are added."""
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])


def draw_prosody(clip: DemoClip, seed: int) -> Prosody:
    """Draw the prosody of a clip from its emotion, its speaker and chance."""
    of_speaker = generator(seed, "habit", clip.voice.speaker, clip.emotion)
    of_clip = generator(seed, "prosody", clip.path)
    emotion, speaker_sd, clip_sd = (
        np.array(astuple(prosody)) for prosody in (EMOTION_PROSODY[clip.emotion], SPEAKER_SPREAD, CLIP_SPREAD)
    )
    change = of_clip.uniform(*STRENGTH_RANGE) * emotion
    change += speaker_sd * of_speaker.standard_normal(emotion.size)
    change += clip_sd * of_clip.standard_normal(emotion.size).clip(-2, 2)
    return Prosody(*change.tolist())


def speak(clip: DemoClip, prosody: Prosody) -> Waveform:
    """Synthesise the clip's sentence with espeak-ng at its pitch, range and rate.

    Returns
    -------
    np.ndarray [shape=(n,)]
        Amplitudes in [-1, 1] at `SAMPLING_RATE`, formants shifted, silence at both ends cut off.
    """
    tract = (1 + clip.voice.tract_pct / 100) * (1 + prosody.tract_pct / 100)
    spread = float(np.clip(1 + prosody.range_pct / 100, 0.1, 1.9))
    pitch = 2 ** ((clip.voice.pitch_st + prosody.pitch_st) / 12) / (1 + MEAN_PER_RANGE * (spread - 1))
    rate = clip.voice.rate_wpm * max(SLOWEST, 1 + prosody.rate_pct / 100)
    sentence = clip.sentence + FINAL_MARK.get(clip.emotion, ".")
    ssml = f'<speak><prosody range="{spread:.0%}">{sentence}</prosody></speak>'
    # The formants are shifted by playing faster, which also raises pitch and rate: both are set lower.
    setting = round(float(np.interp(pitch / tract, PITCH_RATIOS, PITCH_SETTINGS)))
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "spoken.wav"
        options = {"-v": clip.voice.espeak, "-p": str(setting), "-s": str(round(rate / tract)), "-w": str(wav)}
        _espeak("-m", *(part for option in options.items() for part in option), ssml)
        spoken, sampling_rate = sf.read(wav, dtype="float64")
    if sampling_rate != SAMPLING_RATE:
        raise AecError(f"espeak-ng gave {sampling_rate} Hz", f"{SAMPLING_RATE} Hz was expected")
    loud = np.flatnonzero(np.abs(spoken) > SILENCE)
    spoken = spoken[loud[0] : loud[-1] + 1]
    return read_at(spoken, np.arange(0, spoken.size - 1, tract))


def read_at(y: Waveform, positions: Waveform) -> Waveform:
    """Interpolate a waveform at positions between its samples."""
    result: Waveform = CubicSpline(np.arange(y.size), y)(positions.clip(0, y.size - 1))
    return result


def low_pass(y: Waveform, frequency_hz: float) -> Waveform:
    """Return a waveform without its parts above a frequency."""
    frequency = np.fft.rfftfreq(y.size, 1 / SAMPLING_RATE)
    result: Waveform = np.fft.irfft(np.fft.rfft(y) * np.exp(-0.5 * (frequency / frequency_hz) ** 2), y.size)
    return result


def wander(n: int, frequency_hz: float, rng: np.random.Generator) -> Waveform:
    """Return random movement of unit variance, mostly below a frequency."""
    movement = low_pass(rng.standard_normal(n), frequency_hz)
    return movement / float(movement.std())


def tremble(y: Waveform, prosody: Prosody, rng: np.random.Generator) -> Waveform:
    """Add tremor of pitch and loudness (about 6 Hz) and creak (tens of Hz)."""
    tremor = float(np.clip(prosody.tremor_pct, 0, 60)) / 100
    creak = float(np.clip(prosody.creak_pct, 0, 70)) / 100
    phase = 2 * np.pi * np.cumsum(rng.uniform(5.0, 7.5) + wander(y.size, 1.0, rng)) / SAMPLING_RATE
    pitch = 0.1 * tremor * np.sin(phase) + 0.004 * wander(y.size, 12.0, rng)
    shaken = read_at(y, np.cumsum(1 + pitch))
    loudness = 1 + tremor * np.sin(phase + rng.uniform(0, np.pi))
    pulses = 2 * np.pi * np.cumsum(rng.uniform(28, 45) + 8 * wander(y.size, 8.0, rng)) / SAMPLING_RATE
    return shaken * loudness * (1 + creak * np.sin(pulses))


def breathe(y: Waveform, prosody: Prosody, rng: np.random.Generator) -> Waveform:
    """Add breath noise with the envelope of the speech."""
    envelope: Waveform = np.sqrt(low_pass(y**2, 8.0).clip(0))
    breath = shape(rng.standard_normal(y.size), tilt_db=3.0)
    return y + max(0.0, prosody.breath_pct / 100) * envelope * breath / float(breath.std())


def shape(y: Waveform, *, tilt_db: float, above_3_khz_db: float = 0.0) -> Waveform:
    """Change the spectrum: a slope in dB per octave around 1 kHz, a gain above 3 kHz."""
    frequency = np.fft.rfftfreq(y.size, 1 / SAMPLING_RATE)
    octave = np.log2(np.clip(frequency, 80, 8000) / 1000)
    gain_db = tilt_db * octave + above_3_khz_db / (1 + np.exp(-8 * (octave - np.log2(3))))
    result: Waveform = np.fft.irfft(np.fft.rfft(y) * 10 ** (gain_db / 20), y.size)
    return result


def reverberate(y: Waveform, voice: Voice, seed: int) -> Waveform:
    """Add the reverberation of the speaker's room."""
    rng = generator(seed, "room", voice.speaker)
    time_s = np.arange(int(voice.reverb_s * SAMPLING_RATE)) / SAMPLING_RATE
    room = 0.02 * rng.standard_normal(time_s.size) * 10 ** (-3 * time_s / voice.reverb_s)
    room[0] = 1.0
    result: Waveform = fftconvolve(y, room)
    return result


def at_level(y: Waveform, dbfs: float) -> Waveform:
    """Scale to a root-mean-square level."""
    return y * 10 ** (dbfs / 20) / float(np.sqrt(np.mean(y**2)))


def record(y: Waveform, clip: DemoClip, prosody: Prosody, seed: int) -> Waveform:
    """Add room, microphone, level, silence at both ends, and background noise."""
    voice, rng = clip.voice, generator(seed, "record", clip.path)
    tilt_db = voice.tilt_db + prosody.tilt_db
    y = shape(reverberate(y, voice, seed), tilt_db=tilt_db, above_3_khz_db=prosody.articulation_db)
    y = at_level(y, voice.level_dbfs + prosody.level_db)
    before, after = (rng.uniform(0.08, 0.2, size=2) * SAMPLING_RATE).astype(int)
    y = np.pad(y, (before, after))
    noise = shape(rng.standard_normal(y.size), tilt_db=voice.noise_slope_db)
    y = y + at_level(noise, voice.noise_dbfs + rng.normal(0, 3))
    return y * min(1.0, PEAK / float(np.abs(y).max()))


def synthesise(clip: DemoClip, seed: int) -> Waveform:
    """Synthesise one clip.

    Returns
    -------
    np.ndarray [shape=(n,)]
        Amplitudes in [-PEAK, PEAK] at `SAMPLING_RATE`.
    """
    prosody = draw_prosody(clip, seed)
    rng = generator(seed, "voice", clip.path)
    y = breathe(tremble(speak(clip, prosody), prosody, rng), prosody, rng)
    y = record(y, clip, prosody, seed)
    if not SHORTEST_S <= y.size / SAMPLING_RATE <= LONGEST_S:
        raise AecError(
            f"{clip.path} is {y.size / SAMPLING_RATE:.2f} s long",
            f"Clips last {SHORTEST_S:g} to {LONGEST_S:g} s",
            "Change the sentence, or the rate of its voice or emotion",
        )
    return y
