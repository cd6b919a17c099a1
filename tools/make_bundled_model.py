"""Train the bundled model, test it on unseen speakers and corpora, write its file.

    python -m tools.make_bundled_model CORPORA [--members kernel:0,detailed:0,rnn:0] [--work FOLDER] [--parts fold1]

CORPORA is a folder that holds RAVDESS, EmoDB and TESS. Each member is trained nine times: five folds of unseen
speakers, three of unseen corpora, one on all clips. The trainings run in parallel, one per core (--parts: only those
named); their results are saved in the work folder, and the next start runs only the missing ones. The file is written
when all exist. Requires PyTorch.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

# One core per training; libraries read this variable when they are imported.
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
from tools.bundled import card_metrics
from tools.bundled.members import Member, ensemble_logits, fit_member, joined_ensemble, load_member
from tools.bundled.splits import CORPORA, LABELS, Training, training_clips, trainings_of
from tools.bundled.variants import MODEL_SPEC, tested_rows, variant_features

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
    """Run the missing trainings; when all exist, write the file and print its tables."""
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    table = training_clips(arguments.corpora, arguments.work / "clips.sqlite")
    trainings = trainings_of(table)
    features, lengths, targets = variant_features(table, arguments.work)
    clips = ClipDataset(features, lengths, targets, len(LABELS))
    wanted = [training for training in trainings if not arguments.parts or training.name in arguments.parts]
    task = delayed(fit_member)
    Parallel(n_jobs=usable_cores())(
        task(member, training, clips, arguments.work) for member in arguments.members for training in wanted
    )
    if wanted == trainings:
        card = _card(table, trainings, arguments.members, arguments.work)
        ensemble = joined_ensemble(
            [load_member(member, trainings[-1], arguments.work) for member in arguments.members]
        )
        check_on = tested_rows(np.arange(0, len(table), 40))[:, 0]
        saved = save_network(arguments.out, ensemble, clips, check_on, card)
        _print_tables(saved)


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


def _card(table: pd.DataFrame, trainings: list[Training], members: list[Member], folder: Path) -> ModelCard:
    by_name = {training.name: training for training in trainings}
    folds = [training for training in trainings if training.name.startswith("fold")]
    predictions = card_metrics.FoldPredictions(
        np.concatenate([training.test for training in folds]),
        np.concatenate([np.full(len(training.test), number) for number, training in enumerate(folds)]),
        np.concatenate([ensemble_logits(members, training, folder) for training in folds]),
    )
    truth = table["emotion"].iloc[predictions.rows].map(LABELS.index).to_numpy(dtype=np.int64)
    probabilities, temperature = card_metrics.calibrated(predictions, truth)
    pooled = card_metrics.evaluate_rows(table, predictions.rows, probabilities[:, 0])
    held_out_corpora = {}
    for name in CORPORA:
        training = by_name[f"without-{name}"]
        result = card_metrics.evaluate_rows(table, training.test, ensemble_logits(members, training, folder)[:, 0])
        held_out_corpora[name] = {"uar": round(result.metrics["uar"], 4), "interval": result.intervals["uar"]}
    trained_on = table.iloc[by_name["all"].train]
    extra: dict[str, Any] = {
        "by_corpus": card_metrics.by_corpus(table, predictions),
        "unheard_corpora": held_out_corpora,
        "robustness": card_metrics.robustness(table, predictions),
        **card_metrics.confidence(probabilities[:, 0], truth),
        "members": [member.title for member in members],
        CARD_KEY: _corpus_descriptors(table[table["corpus"].isin(CORPORA)]),
        **fingerprint(trained_on),
    }
    corpora = {str(name): int(count) for name, count in trained_on["corpus"].value_counts().sort_index().items()}
    return ModelCard(
        name="Acted speech, English and German",
        family="ensemble",
        labels=LABELS,
        features=(MODEL_SPEC,),
        training=TrainingData(
            corpora=corpora,
            clips=len(trained_on),
            speakers=int(trained_on["speaker"].nunique()),
            digest=digest_of(trained_on),
        ),
        split="unseen speakers, 5 folds",
        metrics={name: pooled.metrics[name] for name in METRICS},
        intervals=pooled.intervals,
        interval_note=pooled.interval_note,
        per_class=to_builtins(pooled.per_class),
        unsure_below=UNSURE_BELOW,
        temperature=temperature,
        versions=library_versions(),
        licences=_LICENCES,
        notes=_NOTES,
        extra=extra,
    )


def _corpus_descriptors(table: pd.DataFrame) -> Distribution:
    """Return the distribution of the voice descriptors of the real clips."""
    described = Parallel(n_jobs=usable_cores())(delayed(_described)(path) for path in table["path"])
    return describe_corpus(described, table["emotion"].tolist())


def _described(path: str) -> Descriptors:
    return describe(decode(path))


def _print_tables(card: ModelCard) -> None:
    extra = card.extra
    print(f"\nUAR {card.metrics['uar']:.3f}, {card.split}; temperature {card.temperature:.2f}")
    print("\n| corpus | UAR, unseen speakers | clips, speakers, emotions | UAR, unseen corpus |\n|---|---|---|---|")
    for name, row in extra["by_corpus"].items():
        counts = f"{row['clips']}, {row['speakers']}, {row['emotions']}"
        held_out_uar = extra["unheard_corpora"][name]["uar"]
        print(f"| {name} | {row['uar']:.3f} {row['interval'] or ''} | {counts} | {held_out_uar:.3f} |")
    print("\n| degradation | UAR | kept |\n|---|---|---|")
    for row in extra["robustness"]:
        print(f"| {row['title']} | {row['uar']:.3f} | {row['kept']:.0%} |")
    print(f"\ncalibration error {extra['calibration_error']:.3f}")
    print(json.dumps(extra["risk_coverage"]))


if __name__ == "__main__":
    main()
