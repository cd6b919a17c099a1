"""Make the two demo corpora: synthetic speech by espeak-ng, emotions as prosody.

Run it from the root of the repository: `python -m tools.make_demo_corpus`. The same seed, espeak-ng and libraries
give the same files.
"""

import argparse
import csv
import sys
import tempfile
import zlib
from pathlib import Path

import soundfile as sf

from aec.corpora.demo import DEMO_FOLDERS
from aec.errors import AecError
from tools.demo_corpus.recipe import EMOTION_PROSODY, SCRIPTS, TAKES, Script
from tools.demo_corpus.synthesis import SAMPLING_RATE, DemoClip, Waveform, clips_of, espeak_version, synthesise

VORBIS_COMPRESSION = 0.9  # keeps both corpora below 7 MB
MIRRORED_BYTES = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))

README = """\
# Demo corpus: synthetic {language} speech

**Nobody speaks here.** {clips} clips of synthetic speech, made by espeak-ng {espeak} and a script of this
repository, so that every page of the dashboard works before you have recordings of your own.

- {n_voices} voices, {n_emotions} emotions, {n_sentences} sentences. Each voice says {n_said} of the sentences in
  each emotion, {n_twice} of them twice.
- Ogg Vorbis, {sampling_rate} Hz, mono. `manifest.csv` lists path, emotion, speaker, sex, text and corpus.
- A file's name says the speaker, the sentence's number, the emotion and the take: `{example}`.
- To try a model on a voice that it does not know, leave {held_out} out of its training.

## How it was made

An emotion is a change of pitch, pitch range, rate, loudness, spectral slope, articulation, breath, tremor and
creak, after Murray and Arnott (1993), "Toward the simulation of emotion in synthetic speech: A review of the
literature on human vocal emotion", Journal of the Acoustical Society of America 93(2), 1097-1108. That review
describes anger, happiness, sadness, fear and disgust in words; the numbers, and surprise, are ours
(`tools/demo_corpus/recipe.py`).

Each voice has its own room, microphone, level and background noise, and its own way with each emotion; each
clip varies further by chance. A random split puts takes of one sentence by one voice on both sides, and so
scores higher than a split by speakers: the difference is a leak, as in real corpora.

To make it again, install espeak-ng and run, in the root of the repository:

```
python -m tools.make_demo_corpus --seed {seed}
```

| speaker | sex | espeak-ng voice |
|---|---|---|
{voices}

The sentences:

{sentences}

## Licence, and what it is not for

The clips are dedicated to the public domain: CC0 1.0, https://creativecommons.org/publicdomain/zero/1.0/

They show how the tools work; they say nothing about people. A score on them is no evidence of how well a
model recognises what anybody feels, and a model trained on them must not be used to judge anybody.
"""


def write_clip(path: Path, y: Waveform) -> None:
    """Write Ogg Vorbis, the same bytes for the same samples."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, y, SAMPLING_RATE, format="OGG", subtype="VORBIS", compression_level=VORBIS_COMPRESSION)
    path.write_bytes(with_serial(path.read_bytes(), zlib.crc32(path.name.encode())))


def with_serial(ogg: bytes, serial: int) -> bytes:
    """Return an Ogg stream with another serial number; the original is of the clock.

    Source: RFC 3533, section 6: the serial number is bytes 14-17 of a page, its checksum bytes 22-25.
    """
    result = bytearray(ogg)
    start = 0
    while start < len(result):
        header = start + 27
        segments = result[start + 26]
        end = header + segments + sum(result[header : header + segments])
        result[start + 14 : start + 18] = serial.to_bytes(4, "little")
        result[start + 22 : start + 26] = bytes(4)
        result[start + 22 : start + 26] = ogg_checksum(bytes(result[start:end])).to_bytes(4, "little")
        start = end
    return bytes(result)


def ogg_checksum(page: bytes) -> int:
    """Return the checksum of an Ogg page.

    zlib's polynomial, but with bits from the left and no inversions.
    """
    mirrored = zlib.crc32(page.translate(MIRRORED_BYTES), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)


def write_manifest(folder: Path, clips: list[DemoClip]) -> None:
    """Write the table of clips."""
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("path", "emotion", "speaker", "sex", "text", "corpus"))
        for clip in clips:
            writer.writerow((clip.path, clip.emotion, clip.voice.speaker, clip.voice.sex, clip.text, clip.corpus))


def write_readme(folder: Path, script: Script, clips: list[DemoClip], seed: int) -> None:
    """Write the README of a corpus."""
    text = README.format(
        language=script.language,
        clips=len(clips),
        voices="\n".join(f"| {v.speaker} | {v.sex} | `{v.espeak}` |" for v in script.voices),
        sentences="\n".join(f"{n}. {sentence}" for n, sentence in enumerate(script.sentences, start=1)),
        n_voices=len(script.voices),
        n_emotions=len(EMOTION_PROSODY),
        n_sentences=len(script.sentences),
        n_said=len(TAKES),
        n_twice=TAKES.count(2),
        sampling_rate=SAMPLING_RATE,
        example=Path(clips[0].path).name,
        held_out=script.voices[-1].speaker,
        espeak=espeak_version(),
        seed=seed,
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


def make_corpus(script: Script, folder: Path, seed: int) -> None:
    """Make one corpus in a temporary folder, and move it to its place when complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as aside:
        new, old = Path(aside) / "new", Path(aside) / "old"
        clips = list(clips_of(script, seed))
        for clip in clips:
            write_clip(new / clip.path, synthesise(clip, seed))
        write_manifest(new, clips)
        write_readme(new, script, clips, seed)
        replace_folder(folder, new, old)
    megabytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    print(f"{script.corpus}: {len(clips)} clips, {megabytes:.2f} MB in {folder}")


def replace_folder(folder: Path, new: Path, old: Path) -> None:
    """Replace a folder by a new one; the old one is put back on failure."""
    had_one = folder.exists()
    if had_one:
        folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if had_one:
            old.rename(folder)
        raise


def main(arguments: list[str] | None = None) -> int:
    """Make both corpora."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = DEMO_FOLDERS["demo-english"].parent
    parser.add_argument("--out", type=Path, default=default, help="folder for both corpora (default: the package's)")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything that is drawn (default: 0)")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"--seed is {options.seed}; zero or above was expected")
    try:
        espeak_version()
        for script in SCRIPTS:
            make_corpus(script, options.out / DEMO_FOLDERS[script.corpus].name, options.seed)
    except AecError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
