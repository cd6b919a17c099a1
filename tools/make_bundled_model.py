"""Train the bundled model on three corpora, test it on speakers and corpora it has not heard, and write its file.

    python -m tools.make_bundled_model CORPORA [--members kernel:0,detailed:0,rnn:0] [--work FOLDER] [--parts all]

CORPORA is a folder that holds RAVDESS, EmoDB and TESS. Nine trainings per member: five folds of unseen speakers,
three of unseen corpora, one on everything; they run side by side, one on each core, and are kept in the folder of
work, so that a second start goes on where the first one was ended. The file is written once all are there. PyTorch is
needed.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

# Each training keeps to one core; libraries read this when they are loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from msgspec import to_builtins

from aec.audio import decode
from aec.evaluation.calibration import UNSURE_BELOW
from aec.evaluation.metrics import METRICS
from aec.features.descriptor_distribution import CARD_KEY, Distribution, describe_corpus
from aec.features.descriptors import Descriptors, describe
from aec.models.card import ModelCard, TrainingData
from aec.models.deep.batches import ClipDataset
from aec.models.deep.export import library_versions, save_network
from aec.prediction.predictor import BUNDLED_MODEL
from aec.settings import read_settings, usable_cores
from aec.training.assessment import fingerprint
from aec.training.preparation import digest_of
from tools.bundled import figures
from tools.bundled.members import Member, answers_of, fit_part, joined, kept
from tools.bundled.plan import CORPORA, LABELS, Part, clips_of, parts_of
from tools.bundled.sounds import VIEW, heard, tested_rows

_LICENCES = (
    "RAVDESS (S. R. Livingstone, F. A. Russo, 2018): CC BY-NC-SA 4.0, not for commercial use.",
    "EmoDB (F. Burkhardt et al., 2005): free for research; ask its authors about other uses.",
    "TESS (M. K. Pichora-Fuller, K. Dupuis, 2020): CC BY-NC-ND 4.0, not for commercial use.",
    "Some voices made by espeak-ng: CC0.",
)
_NOTES = (
    "Actors played these emotions, most of them in a few fixed sentences, in English and German, in quiet rooms. How "
    "people sound who feel something is another matter.",
    "Not to be used to judge people: not in hiring, schools, policing, health, or at borders; not without the "
    "consent of who is heard.",
    "Age, dialect, language, illness and microphones change answers in ways that were not measured.",
)


def main() -> None:
    """Train what is missing; with everything there, write the file and print the tables."""
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    table = clips_of(arguments.corpora, arguments.work / "clips.sqlite")
    parts = parts_of(table)
    features, lengths, targets = heard(table, arguments.work)
    clips = ClipDataset(features, lengths, targets, len(LABELS))
    wanted = [part for part in parts if not arguments.parts or part.name in arguments.parts]
    task = delayed(fit_part)
    Parallel(n_jobs=usable_cores())(
        task(member, part, clips, arguments.work) for member in arguments.members for part in wanted
    )
    if wanted == parts:
        card = _card(table, parts, arguments.members, arguments.work)
        whole = joined([kept(member, parts[-1], arguments.work) for member in arguments.members])
        check_on = tested_rows(np.arange(0, len(table), 40))[:, 0]
        saved = save_network(arguments.out, whole, clips, check_on, card)
        _print(saved)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--members", type=_members, default=_members("kernel:0,detailed:0,rnn:0"))
    parser.add_argument("--parts", type=lambda text: text.split(","), default=[])
    parser.add_argument("--work", type=Path, default=read_settings().home / "bundled")
    parser.add_argument("--out", type=Path, default=BUNDLED_MODEL)
    return parser.parse_args()


def _members(text: str) -> list[Member]:
    return [Member(network, int(seed)) for network, seed in (each.split(":") for each in text.split(","))]


def _card(table: pd.DataFrame, parts: list[Part], members: list[Member], folder: Path) -> ModelCard:
    by_name = {part.name: part for part in parts}
    folds = [part for part in parts if part.name.startswith("fold")]
    answers = figures.Answers(
        np.concatenate([part.test for part in folds]),
        np.concatenate([np.full(len(part.test), number) for number, part in enumerate(folds)]),
        np.concatenate([answers_of(members, part, folder) for part in folds]),
    )
    truth = table["emotion"].iloc[answers.rows].map(LABELS.index).to_numpy(dtype=np.int64)
    probabilities, temperature = figures.calibrated(answers, truth)
    found = figures.score(table, answers.rows, probabilities[:, 0])
    unheard = {}
    for name in CORPORA:
        part = by_name[f"without-{name}"]
        result = figures.score(table, part.test, answers_of(members, part, folder)[:, 0])
        unheard[name] = {"uar": round(result.metrics["uar"], 4), "interval": result.intervals["uar"]}
    taught = table.iloc[by_name["all"].train]
    extra: dict[str, Any] = {
        "by_corpus": figures.by_corpus(table, answers),
        "unheard_corpora": unheard,
        "robustness": figures.robustness(table, answers),
        **figures.confidence(probabilities[:, 0], truth),
        "members": [member.title for member in members],
        CARD_KEY: _voices(table[table["corpus"].isin(CORPORA)]),
        **fingerprint(taught),
    }
    corpora = {str(name): int(count) for name, count in taught["corpus"].value_counts().sort_index().items()}
    return ModelCard(
        name="Acted speech, English and German",
        family="ensemble",
        labels=LABELS,
        features=(VIEW,),
        training=TrainingData(
            corpora=corpora,
            clips=len(taught),
            speakers=int(taught["speaker"].nunique()),
            digest=digest_of(taught),
        ),
        split="unseen speakers, 5 folds",
        metrics={name: found.metrics[name] for name in METRICS},
        intervals=found.intervals,
        interval_note=found.interval_note,
        per_class=to_builtins(found.per_class),
        unsure_below=UNSURE_BELOW,
        temperature=temperature,
        versions=library_versions(),
        licences=_LICENCES,
        notes=_NOTES,
        extra=extra,
    )


def _voices(table: pd.DataFrame) -> Distribution:
    """Return the distribution of the voice descriptors of the real clips."""
    described = Parallel(n_jobs=usable_cores())(delayed(_described)(path) for path in table["path"])
    return describe_corpus(described, table["emotion"].tolist())


def _described(path: str) -> Descriptors:
    return describe(decode(path))


def _print(card: ModelCard) -> None:
    extra = card.extra
    print(f"\nUAR {card.metrics['uar']:.3f}, {card.split}; temperature {card.temperature:.2f}")
    print("\n| corpus | UAR, unseen speakers | clips, speakers, emotions | UAR, unseen corpus |\n|---|---|---|---|")
    for name, row in extra["by_corpus"].items():
        counts = f"{row['clips']}, {row['speakers']}, {row['emotions']}"
        unheard = extra["unheard_corpora"][name]["uar"]
        print(f"| {name} | {row['uar']:.3f} {row['interval'] or ''} | {counts} | {unheard:.3f} |")
    print("\n| degradation | UAR | kept |\n|---|---|---|")
    for row in extra["robustness"]:
        print(f"| {row['title']} | {row['uar']:.3f} | {row['kept']:.0%} |")
    print(f"\ncalibration error {extra['calibration_error']:.3f}")
    print(json.dumps(extra["risk_coverage"]))


if __name__ == "__main__":
    main()
