"""What to train and how to test it."""

import re
from dataclasses import dataclass, field
from typing import Any

from aec.emotions import LABEL_SETS
from aec.errors import RunError, UsageError
from aec.features import DEFAULT_SPECS, FeatureSpec
from aec.models.mlp import MlpSettings


@dataclass(frozen=True)
class TrainingSettings:
    """What to train and how to test it.

    Parameters
    ----------
    model : {"mlp"}
    spec : FeatureSpec
    split : str
        `speaker`, `random` or `corpus:NAME`.
    folds : int or None
        None is 5, or as many as the clips allow.
    labels : str
        `seven`, `five` or `all`.
    mlp : MlpSettings
    name : str
        Of the model, on its card.
    licences : tuple of str
        What the training data allows, for the card.
    synthetic : bool
        The clips were made by a machine.
    """

    model: str = "mlp"
    spec: FeatureSpec = field(default_factory=lambda: DEFAULT_SPECS["mfcc"])
    split: str = "speaker"
    folds: int | None = None
    labels: str = "seven"
    mlp: MlpSettings = field(default_factory=MlpSettings)
    name: str = ""
    licences: tuple[str, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        if self.labels not in LABEL_SETS:
            raise UsageError(f"the label set is {self.labels!r}", f"one of {', '.join(LABEL_SETS)} is expected")
        if self.split not in {"speaker", "random"} and not re.fullmatch("corpus:.+", self.split):
            raise UsageError(f"the split is {self.split!r}", "speaker, random or corpus:NAME is expected")
        if self.folds is not None and self.folds < 1:
            raise UsageError(f"the number of folds is {self.folds}", "1 or more is expected")
        if not 0 <= self.mlp.seed < 2**32:
            raise UsageError(f"the seed is {self.mlp.seed}", "a number from 0 to 4294967295 is expected")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {
            "kind": self.model,
            "model": self.model,
            "spec": self.spec.to_dict(),
            "split": self.split,
            "folds": self.folds,
            "labels": self.labels,
            "mlp": self.mlp.to_dict(),
            "name": self.name,
            "licences": list(self.licences),
            "synthetic": self.synthetic,
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "TrainingSettings":
        """Rebuild from `to_dict`, as `--resume` does.

        Raises
        ------
        RunError
            A field is missing or of another type.
        """
        try:
            mlp = {**fields["mlp"], "hidden": tuple(fields["mlp"]["hidden"])}
            return cls(
                model=fields["model"],
                spec=FeatureSpec.from_dict(fields["spec"]),
                split=fields["split"],
                folds=fields["folds"],
                labels=fields["labels"],
                mlp=MlpSettings(**mlp),
                name=fields["name"],
                licences=tuple(fields["licences"]),
                synthetic=fields["synthetic"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise RunError(
                f"the run's configuration is not one of a training ({type(error).__name__}: {error})",
                "",
                "Start a new run",
            ) from error
