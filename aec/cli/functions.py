"""Functions of `import aec`; each imports what it needs at the call."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aec.corpora import Scan
    from aec.features.extraction import Extraction
    from aec.models.model import Model
    from aec.prediction.predictor import Prediction
    from aec.training import TrainingReport


def load_model(path: "Path | str | None" = None) -> "Model":
    """Load a model.

    Parameters
    ----------
    path : Path or str, optional
        An `.onnx` file, or the folder or name of a run; default: the bundled model.

    Raises
    ------
    ModelFileError, RunError
        The file or run is missing, damaged or not accepted.
    """
    from aec.models.model_file import load_model as load
    from aec.prediction.predictor import BUNDLED_MODEL

    if path is None:
        return load(BUNDLED_MODEL)
    name = str(path)
    # These two functions never raise.
    if os.path.isfile(name) or (name.endswith(".onnx") and not os.path.isdir(name)):  # noqa: PTH112, PTH113
        return load(Path(name))
    from aec.runs.run import open_run

    return load(open_run(Path(name)).model_path)


def predict(source: "Path | str | bytes", model: "Model | Path | str | None" = None) -> "Prediction":
    """Predict the emotion of a clip.

    Parameters
    ----------
    source : Path, str or bytes
        A file, or its content.
    model : Model, Path or str, optional
        A loaded model, or as in `load_model`.

    Raises
    ------
    AudioDecodeError
        The source is not audio that can be read.
    ModelFileError, RunError
        As in `load_model`.

    Examples
    --------
    >>> import aec
    >>> from aec.corpora.demo import DEMO_FOLDERS
    >>> prediction = aec.predict(next(DEMO_FOLDERS["demo-english"].rglob("*.ogg")))
    >>> prediction.emotion in prediction.probabilities
    True
    """
    from aec.prediction.predictor import predict_source

    loaded = load_model(model) if model is None or isinstance(model, str | Path) else model
    return predict_source(loaded, source)


def scan(*data: "Path | str", labels: str = "seven") -> "Scan":
    """Find and decode the clips in folders and manifests; see `aec.corpora.scan`."""
    from aec.corpora.scanning import scan as scan_sources

    return scan_sources(data, labels=labels)


def extract_features(paths: "Sequence[Path | str]", features: str = "mfcc", *, jobs: int = -1) -> "Extraction":
    """Extract the features of clips with the engine "fused".

    Parameters
    ----------
    paths : sequence of Path or str
    features : {"mfcc", "logmel"}
    jobs : int
        Threads; -1 is all usable cores.

    Returns
    -------
    Extraction
        Its `features` is a file that the caller deletes, or uses in a `with` block.
    """
    from aec.features import DEFAULT_SPECS
    from aec.features.extraction import extract_features as extract
    from aec.features.extraction_settings import ExtractionSettings

    return extract([str(path) for path in paths], DEFAULT_SPECS[features], ExtractionSettings(jobs=jobs))


def train(data: "Path | str | Sequence[Path | str]", **options: object) -> "TrainingReport":
    """Train a model, test it, and keep both as a run in `AEC_HOME`.

    Parameters
    ----------
    data : Path, str or sequence of them
        Folders and manifests.
    **options : object
        The options of `aec train`; see `aec.training.settings.training_settings`.

    Raises
    ------
    UsageError
        An option out of bounds.
    CorpusError, SplitError, TrainingError, StoreError
        Data that cannot be trained on, or a full disk.
    """
    from aec.runs.run import create_run, recording
    from aec.training import train as train_on
    from aec.training.settings import training_settings

    chosen = training_settings([data] if isinstance(data, str | Path) else data, **options)  # type: ignore[arg-type]
    found = scan(*chosen.data, labels=chosen.labels)
    with recording(create_run(chosen.to_config(), state="running")) as run:
        return train_on(found, chosen, run)
