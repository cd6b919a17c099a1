"""Train the bundled model on the demo corpora and put it into the package.

    python -m tools.make_bundled_model

The model comes with the package so that the dashboard answers at once; it learned from synthetic speech alone, and
its card says so. Sounds are trimmed and levelled first, because it meets other microphones than those it learned
from.
"""

import argparse
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from aec.corpora import scan
from aec.demo import DEMO_FOLDERS
from aec.features import DEFAULT_SPECS
from aec.models.mlp import MlpSettings
from aec.prediction import BUNDLED_MODEL
from aec.runs import create_run
from aec.training import TrainingSettings, train


def main() -> None:
    """Train with speaker-independent folds, report, and keep the model trained on every clip."""
    parser = argparse.ArgumentParser(description="Train the bundled model on the demo corpora.")
    parser.add_argument("--out", type=Path, default=BUNDLED_MODEL)
    out = parser.parse_args().out
    settings = TrainingSettings(
        name="Demo MLP (synthetic speech)",
        spec=replace(DEFAULT_SPECS["mfcc"], trim_db=40.0, level_db=-26.0, max_frames=350),
        mlp=MlpSettings(validation_share=0.0),
        licences=("Trained on synthetic speech made by espeak-ng; the clips are CC0.",),
        synthetic=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        run = create_run(settings.to_dict(), Path(folder) / "run")
        found = scan(list(DEMO_FOLDERS.values()), memory=Path(folder) / "clips.sqlite")
        report = train(found, settings, run, use_store=False)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.model_path, out)
    low, high = report["intervals"]["uar"]
    print(f"UAR {report['uar']:.3f} [{low:.3f}, {high:.3f}], {report['split_title']}; written to {out}")


if __name__ == "__main__":
    main()
