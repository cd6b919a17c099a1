"""Sound that is no speech is told from speech by its pitch."""

import os
from pathlib import Path

import numpy as np
import pytest

from aec.audio import Sound, decode
from aec.corpora.demo import DEMO_FOLDERS
from aec.prediction.quality import quality_notes

RATE = 16_000


def tone(hz, seconds, decay=0.0):
    times = np.arange(int(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * hz * k * times) / k for k in range(1, 8)) * np.exp(-decay * times)


def melody(voices, decay, seed=0):
    rng = np.random.default_rng(seed)
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11]) / 12)
    notes = [sum(tone(rng.choice(scale), 0.35, decay) for _ in range(voices)) for _ in range(9)]
    return np.concatenate(notes)


def noise(colour, seed=0):
    white = np.random.default_rng(seed).normal(size=3 * RATE)
    return np.cumsum(white) * 0.01 if colour == "brown" else white


def kinds(waveform, sound):
    scaled = (0.2 * waveform / np.abs(waveform).max()).astype(np.float32)
    facts = sound.facts.__class__(**{**vars(sound.facts), "duration_s": scaled.size / RATE})
    return {note.kind for note in quality_notes(Sound(scaled, facts))}


@pytest.fixture
def any_sound(write_sound):
    return decode(write_sound(seconds=1.0, rate=RATE))


@pytest.mark.parametrize("colour", ["white", "brown"])
def test_noise_is_no_speech(colour, any_sound):
    assert "not_speech" in kinds(noise(colour), any_sound)


@pytest.mark.parametrize("voices", [1, 2])
@pytest.mark.parametrize("decay", [0.0, 3.0, 8.0])
def test_tones_are_no_speech(voices, decay, any_sound):
    assert "not_speech" in kinds(melody(voices, decay), any_sound)


def test_a_hum_is_no_speech(any_sound):
    assert "not_speech" in kinds(tone(100, 3.0), any_sound)


def test_silence_around_does_not_matter(any_sound):
    quiet = np.zeros(5 * RATE)
    assert "not_speech" in kinds(np.concatenate([quiet, noise("white"), quiet]), any_sound)


@pytest.mark.parametrize("path", sorted(path for f in DEMO_FOLDERS.values() for path in f.rglob("*.ogg"))[::40])
def test_demo_voices_are_speech(path):
    assert "not_speech" not in {note.kind for note in quality_notes(decode(path))}


@pytest.mark.corpora
def test_real_voices_are_speech():
    root = os.environ.get("AEC_TEST_CORPORA")
    if not root:
        pytest.skip("AEC_TEST_CORPORA is not set")
    paths = sorted(
        path for path in Path(root).rglob("*") if path.suffix in {".wav", ".flac"} and "odd" not in path.parts
    )
    wrong = [str(path) for path in paths[::25] if "not_speech" in {n.kind for n in quality_notes(decode(path))}]
    assert not wrong


def test_very_short_sounds_are_not_judged(any_sound):
    assert "not_speech" not in kinds(noise("white")[: RATE // 5], any_sound)
