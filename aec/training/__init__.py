"""Training and evaluation of models.

Names are imported at first use: reading a report needs none of the libraries that train.
"""

from typing import TYPE_CHECKING

from aec.system.lazy import lazy_names

if TYPE_CHECKING:
    from aec.training.preparation import split_for as split_for
    from aec.training.results import EvaluationReport as EvaluationReport
    from aec.training.results import TrainingReport as TrainingReport
    from aec.training.results import read_report as read_report
    from aec.training.settings import TrainingSettings as TrainingSettings
    from aec.training.settings import spec_for as spec_for
    from aec.training.trainer import train as train

_NAMES = {
    "preparation": ("split_for",),
    "results": ("EvaluationReport", "TrainingReport", "read_report"),
    "settings": ("TrainingSettings", "spec_for"),
    "trainer": ("train",),
}
__getattr__ = lazy_names(
    __name__, {name: f"{__name__}.{module}" for module, names in _NAMES.items() for name in names}
)
