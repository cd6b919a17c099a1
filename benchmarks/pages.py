"""Time of the dataset page with the clips of the pooled corpus.

    python -m benchmarks.pages [--folder FOLDER]

Writes 12,798 short clips of noise under the names of CREMA-D, TESS, RAVDESS and SAVEE (FOLDER keeps them for another
run) and runs the page as Streamlit does, without a browser. Reruns are medians of several; "sent" is the size of the
messages for the browser.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent
CLIPS = 12_798
RUNS = 5
TABS = ("Balance", "Sound", "Speakers", "Problems", "Listen")
_RATE = 8_000
_CREMA_D = 7_442


def pooled_names() -> Iterator[str]:
    """Yield a path for each of the 12,798 clips, as many per corpus as were published."""
    yield from islice(_crema_d_names(), _CREMA_D)
    for speaker, emotion in product(("OAF", "YAF"), ("angry", "disgust", "fear", "happy", "neutral", "ps", "sad")):
        yield from (f"TESS/{speaker}_{emotion}/{speaker}_word{number}_{emotion}.wav" for number in range(200))
    yield from (f"RAVDESS/Actor_{name[-2:]}/{name}.wav" for name in _ravdess_names())
    takes = {"a": 15, "d": 15, "f": 15, "h": 15, "n": 30, "sa": 15, "su": 15}
    for speaker, emotion in product(("DC", "JE", "JK", "KL"), takes):
        yield from (f"SAVEE/{speaker}/{emotion}{take:02d}.wav" for take in range(1, takes[emotion] + 1))


def _crema_d_names() -> Iterator[str]:
    sentences = ("DFA", "IEO", "IOM", "ITH", "ITS", "IWL", "IWW", "MTI", "TAI", "TIE", "TSI", "WSI")
    emotions = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
    for level, sentence, actor, emotion in product(("XX", "HI"), sentences, range(1001, 1092), emotions):
        yield f"CREMA-D/{actor}_{sentence}_{emotion}_{level}.wav"


def _ravdess_names() -> Iterator[str]:
    """Yield the names of speech and song without calm, no class of the pooled corpus."""
    fields = product((1, 2), (1, 3, 4, 5, 6, 7, 8), (1, 2), (1, 2), (1, 2), range(1, 25))
    for channel, emotion, strength, text, take, actor in fields:
        not_sung = channel == 2 and (actor == 18 or emotion > 6)
        if not not_sung and not (emotion == 1 and strength == 2):
            yield f"03-{channel:02d}-{emotion:02d}-{strength:02d}-{text:02d}-{take:02d}-{actor:02d}"


def write_pooled(folder: Path) -> None:
    """Write a clip of noise for every name, one in a hundred silent or clipped."""
    rng = np.random.default_rng(0)
    for number, name in enumerate(pooled_names()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = rng.integers(-9_000, 9_000, 1_200 + number % 400)
        if number % 100 == 7:
            samples *= 0 if number % 200 == 7 else 9
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE)
            file.writeframes(np.clip(samples, -32_768, 32_767).astype(np.int16).tobytes())


def seconds(action: Callable[[], object]) -> float:
    """Return the duration of a call in seconds."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def sent_kb(app: AppTest) -> float:
    """Return the size of everything on the page in kB."""
    return float(sum(element.proto.ByteSize() for element in app._tree if getattr(element, "proto", None))) / 1000


def measure(folder: Path) -> dict[str, float]:
    """Return the figures, beginning with a new scan."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(AEC_HOME=home, AEC_DATA=str(folder))
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=600).run()
        app.switch_page("pages/dataset.py").run()
        figures = {"first scan (s)": seconds(app.pills(key="corpora").set_value(_offered(app)).run)}
        _clear_caches()
        figures["cached scan (s)"] = seconds(app.run)
        for tab in TABS:
            app.session_state["dataset-tabs"] = tab
            app.run()
            figures[f"{tab}, rerun (s)"] = statistics.median(seconds(app.run) for _ in range(RUNS))
            figures[f"{tab}, sent (kB)"] = sent_kb(app)
        if app.exception or app.error:
            raise SystemExit(f"the page failed: {[*app.exception, *app.error]}")
        if app.metric[0].label != "Clips":
            raise SystemExit("the page shows no clips")
        return figures


def _offered(app: AppTest) -> list[str]:
    return [name for name in app.pills(key="corpora").options if not name.startswith("demo-")]


def _clear_caches() -> None:
    import streamlit as st

    st.cache_resource.clear()


def main() -> None:
    """Measure and print a table and its JSON."""
    parser = argparse.ArgumentParser(description="Measure the time of the dataset page with 12,798 clips.")
    parser.add_argument("--folder", type=Path, help="folder of the clips; created if missing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary) / "pooled"
        if not folder.exists():
            write_pooled(folder)
        figures = measure(folder)
    for name, value in figures.items():
        print(f"{name:<28} {value:8.2f}")
    print(json.dumps({name: round(value, 3) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
