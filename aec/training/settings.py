"""Settings of a training: model, features, split, recipe and data."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from aec.emotions import LABEL_SETS
from aec.errors import RunError, UsageError
from aec.evaluation.splits import check_split
from aec.features import DEFAULT_SPECS, NETWORK_SPECS, FeatureSpec
from aec.models.learner import MODELS
from aec.models.mlp import MlpSettings
from aec.models.network_settings import NETWORKS, NetworkSettings, Team
from aec.system.structs import from_builtins


class TrainingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of a training, checked; as a run's `config.json` holds them.

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
        Whether the clips are synthetic speech.
    data : tuple of str
        Folders and manifests that the clips come from.

    Raises
    ------
    UsageError
        A value out of bounds, or values that do not go together.
    """

    model: str = "mlp"
    spec: FeatureSpec = msgspec.field(default_factory=lambda: DEFAULT_SPECS["mfcc"])
    split: str = "speaker"
    folds: int | None = None
    labels: str = "seven"
    mlp: MlpSettings = msgspec.field(default_factory=MlpSettings)
    network: NetworkSettings = msgspec.field(default_factory=NetworkSettings)
    team: Team = msgspec.field(default_factory=Team)
    name: str = ""
    licences: tuple[str, ...] = ()
    synthetic: bool = False
    data: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise UsageError(f"the model is {self.model!r}", f"one of {', '.join(MODELS)} is expected")
        if self.model == "mlp" and self.team != Team():
            raise UsageError("an mlp is to be trained by several processes or on a device", "networks alone are")
        if self.labels not in LABEL_SETS:
            raise UsageError(f"the label set is {self.labels!r}", f"one of {', '.join(LABEL_SETS)} is expected")
        check_split(self.split, self.folds)
        if not 0 <= self.recipe.seed < 2**32:
            raise UsageError(f"the seed is {self.recipe.seed}", "a number from 0 to 4294967295 is expected")

    @property
    def is_network(self) -> bool:
        """Whether the model is one of PyTorch's."""
        return self.model in NETWORKS

    @property
    def recipe(self) -> MlpSettings | NetworkSettings:
        """Settings of the chosen model's training."""
        return self.network if self.is_network else self.mlp

    def to_config(self) -> dict[str, object]:
        """Return the configuration of a run as JSON types; `kind` names the run."""
        unused = {"mlp"} if self.is_network else {"network", "team"}
        fields = msgspec.json.decode(msgspec.json.encode(self))
        return {"kind": self.model, **{name: value for name, value in fields.items() if name not in unused}}

    @classmethod
    def from_config(cls, config: Mapping[str, object]) -> "TrainingSettings":
        """Return the settings of a run's configuration.

        Raises
        ------
        RunError
            It is not that of a training.
        """
        missing = {"model", "spec", "split"} - set(config)
        if missing:
            raise RunError(
                f"the run's configuration is not one of a training ({', '.join(sorted(missing))} is missing)",
                "",
                "Start a new run",
            )
        return from_builtins(config, cls, title="the run's configuration", error=RunError, remedy="Start a new run")


def training_settings(
    data: Sequence[Path | str],
    *,
    model: str = "mlp",
    features: str | None = None,
    split: str = "speaker",
    folds: int | None = None,
    labels: str = "seven",
    epochs: int | None = None,
    seed: int = 0,
    device: str = "auto",
    workers: int = 1,
    parallel: str = "data",
) -> TrainingSettings:
    """Return the settings of a training from the options of `aec train`.

    Raises
    ------
    UsageError
        A value out of bounds, or values that do not go together.
    """
    if epochs is not None and epochs < 1:
        raise UsageError(f"the number of epochs is {epochs}", "1 or more is expected")
    mlp, network = MlpSettings(), NetworkSettings()
    if model in NETWORKS:
        network = NetworkSettings(seed=seed, max_epochs=epochs or network.max_epochs)
    else:
        mlp = MlpSettings(seed=seed, max_epochs=epochs or mlp.max_epochs)
    return TrainingSettings(
        model=model,
        spec=spec_for(model, features),
        split=split,
        folds=folds,
        labels=labels,
        team=Team(workers, parallel, device),
        mlp=mlp,
        network=network,
        # Absolute, so that pages find the clips from wherever they are started; but not resolved: the name of a
        # linked folder may be the corpus's name.
        data=tuple(str(Path(source).absolute()) for source in data),
    )


def spec_for(model: str, features: str | None = None) -> FeatureSpec:
    """Return the features of a model: MFCCs for the MLP, log-mel for networks.

    Raises
    ------
    UsageError
        There are no such features.
    """
    specs = NETWORK_SPECS if model in NETWORKS else DEFAULT_SPECS
    name = features or ("logmel" if model in NETWORKS else "mfcc")
    if name not in specs:
        raise UsageError(f"the features are {name!r}", f"one of {', '.join(specs)} is expected")
    return specs[name]
