"""What to train and how to test it."""

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from aec.emotions import LABEL_SETS
from aec.errors import RunError, UsageError
from aec.features import DEFAULT_SPECS, NETWORK_SPECS, FeatureSpec
from aec.models.deep.settings import NETWORKS, NetworkSettings, Team
from aec.models.learner import MODELS
from aec.models.mlp import MlpSettings


@dataclass(frozen=True)
class TrainingSettings:
    """What to train and how to test it.

    Parameters
    ----------
    model : {"mlp", "cnn", "rnn", "crnn"}
    spec : FeatureSpec
    split : str
        `speaker`, `random` or `corpus:NAME`.
    folds : int or None
        None is 5, or as many as the clips allow.
    labels : str
        `seven`, `five` or `all`.
    mlp : MlpSettings
        Of the model "mlp".
    network : NetworkSettings
        Of the others.
    team : Team
        How many processes train a network, and how they share the work.
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
    network: NetworkSettings = field(default_factory=NetworkSettings)
    team: Team = field(default_factory=Team)
    name: str = ""
    licences: tuple[str, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UsageError(f"the model is {self.model!r}", f"one of {', '.join(MODELS)} is expected")
        if self.model == "mlp" and self.team != Team():
            raise UsageError("an mlp is to be trained by several processes or on a device", "networks alone are")
        if self.labels not in LABEL_SETS:
            raise UsageError(f"the label set is {self.labels!r}", f"one of {', '.join(LABEL_SETS)} is expected")
        if self.split not in {"speaker", "random"} and not re.fullmatch("corpus:.+", self.split):
            raise UsageError(f"the split is {self.split!r}", "speaker, random or corpus:NAME is expected")
        if self.folds is not None and self.folds < 1:
            raise UsageError(f"the number of folds is {self.folds}", "1 or more is expected")
        if not 0 <= self.recipe.seed < 2**32:
            raise UsageError(f"the seed is {self.recipe.seed}", "a number from 0 to 4294967295 is expected")

    @property
    def is_network(self) -> bool:
        """Whether the model is one of PyTorch's."""
        return self.model in NETWORKS

    @property
    def recipe(self) -> MlpSettings | NetworkSettings:
        """How the chosen model is trained."""
        return self.network if self.is_network else self.mlp

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return {
            "kind": self.model,
            "model": self.model,
            "spec": msgspec.to_builtins(self.spec),
            "split": self.split,
            "folds": self.folds,
            "labels": self.labels,
            **self._recipe_fields(),
            "name": self.name,
            "licences": list(self.licences),
            "synthetic": self.synthetic,
        }

    def _recipe_fields(self) -> dict[str, Any]:
        if self.is_network:
            return {"network": self.network.to_dict(), "team": self.team.to_dict()}
        return {"mlp": self.mlp.to_dict()}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "TrainingSettings":
        """Rebuild from `to_dict`, as `--resume` does.

        Raises
        ------
        RunError
            A field is missing or of another type.
        """
        try:
            if fields["model"] in NETWORKS:
                recipe: dict[str, Any] = {
                    "network": NetworkSettings(**fields["network"]),
                    "team": Team(**fields["team"]),
                }
            else:
                recipe = {"mlp": MlpSettings(**{**fields["mlp"], "hidden": tuple(fields["mlp"]["hidden"])})}
            return cls(
                model=fields["model"],
                spec=msgspec.convert(fields["spec"], FeatureSpec),
                split=fields["split"],
                folds=fields["folds"],
                labels=fields["labels"],
                **recipe,
                name=fields["name"],
                licences=tuple(fields["licences"]),
                synthetic=fields["synthetic"],
            )
        except (KeyError, TypeError, AttributeError, msgspec.ValidationError) as error:
            raise RunError(
                f"the run's configuration is not one of a training ({type(error).__name__}: {error})",
                "",
                "Start a new run",
            ) from error


def spec_for(model: str, features: str | None = None) -> FeatureSpec:
    """Return the features of a model: by default MFCCs for the described MLP, log-mel spectrograms for networks."""
    if model in NETWORKS:
        return NETWORK_SPECS[features or "logmel"]
    return DEFAULT_SPECS[features or "mfcc"]
