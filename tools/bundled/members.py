"""The networks of the ensemble, each trained for each part; what was answered and learned is kept as files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from aec.models.deep.clips import Clips
from aec.models.deep.fitting import FittedNetwork, fit_network
from aec.models.deep.networks import build_network
from aec.models.deep.settings import NetworkSettings
from aec.models.epoch import Epoch
from aec.models.learner import Watch
from tools.bundled.plan import LABELS, Part
from tools.bundled.sounds import SPEC, learned_rows, tested_rows


@dataclass(frozen=True)
class Member:
    """One network of the ensemble.

    Parameters
    ----------
    network : {"cnn", "rnn", "crnn"}
    seed : int
    """

    network: str
    seed: int

    @property
    def settings(self) -> NetworkSettings:
        """How it is trained: for a fixed number of epochs, so that nothing has to be chosen on anybody."""
        return NetworkSettings(seed=self.seed, max_epochs=50, early_stopping=False, validation_share=0.0)

    @property
    def title(self) -> str:
        """For names of files."""
        return f"{self.network}-{self.seed}"


def fit_part(member: Member, part: Part, clips: Clips, folder: Path) -> None:
    """Train one network for one part, and keep its answers and weights; nothing is done twice.

    Parameters
    ----------
    member : Member
    part : Part
    clips : Clips
    folder : Path
        Where an interrupted training is gone on with, too.
    """
    name = f"{member.title}-{part.name}"
    answers_path, weights_path = folder / f"{name}.npy", folder / f"{name}.pt"
    if answers_path.exists():
        return
    torch.set_num_threads(1)

    def tell(epoch: Epoch) -> None:
        print(f"{name}: epoch {epoch.epoch} of {epoch.epochs}, loss {epoch.loss:.3f}", flush=True)

    nobody = np.empty(0, dtype=np.int64)
    watch = Watch(tell, lambda: False, folder / name, f"{name} {member.settings} {len(part.train)}")
    fitted = fit_network(
        member.network, clips, learned_rows(part.train), nobody, member.settings, SPEC, device="cpu", watch=watch
    )
    torch.save(fitted.network.state_dict(), weights_path)
    rows = tested_rows(part.test)
    answers = fitted.predict(clips, rows.reshape(-1)).reshape(*rows.shape, len(LABELS))
    aside = answers_path.with_suffix(".part.npy")
    np.save(aside, answers)
    aside.replace(answers_path)


def answers_of(members: list[Member], part: Part, folder: Path) -> np.ndarray:
    """Return the ensemble's probabilities [shape=(clips of the part, tested versions, labels)]."""
    return np.mean([np.load(folder / f"{member.title}-{part.name}.npy") for member in members], axis=0)


def kept(member: Member, part: Part, folder: Path) -> FittedNetwork:
    """Return a network as it was after its training."""
    network = build_network(member.network, SPEC.coefficients, len(LABELS), member.settings)
    network.load_state_dict(torch.load(folder / f"{member.title}-{part.name}.pt", weights_only=True))
    return FittedNetwork(member.network, network.eval(), (), member.settings.max_epochs)
