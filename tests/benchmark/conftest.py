"""A few short clips of several speakers, to be measured on."""

import csv
from pathlib import Path

import pytest


@pytest.fixture
def clips(write_sound, tmp_path) -> Path:
    rows = []
    for number in range(24):
        path = write_sound(f"clips/{number}.wav", seconds=0.4, seed=number)
        rows.append([path.name, ("sad", "happy", "angry")[number % 3], f"s{number // 4}"])
    with (tmp_path / "clips" / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "emotion", "speaker"], *rows])
    return tmp_path / "clips"
