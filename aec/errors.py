"""Errors of the package, each with the problem, what is expected, and a remedy.

The dashboard shows an `AecError` beside the thing that caused it; the command line prints it as one line.
"""


class AecError(Exception):
    """An error that the user can understand and remedy.

    Parameters
    ----------
    got : str
        The problem, with the offending name or value.
    expected : str
        Accepted values; may be empty.
    remedy : str
        Next action of the user; may be empty.
    kind : str, optional
        Machine-readable kind; each class has a default.
    """

    kind = "error"

    def __init__(self, got: str, expected: str = "", remedy: str = "", *, kind: str | None = None) -> None:
        super().__init__(got, expected, remedy)
        self.got = got
        self.expected = expected
        self.remedy = remedy
        if kind is not None:
            self.kind = kind

    @property
    def message(self) -> str:
        """Problem and expectation as one sentence."""
        return "; ".join(part.strip().rstrip(".") for part in (self.got, self.expected) if part) + "."

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        return f"{self.message} {self.remedy.strip().rstrip('.')}."

    def __reduce__(self) -> tuple[object, ...]:
        # Errors are passed between processes; by default the kind would be lost.
        return (_rebuild, (type(self), self.got, self.expected, self.remedy, self.kind))


def _rebuild(cls: type[AecError], got: str, expected: str, remedy: str, kind: str) -> AecError:
    return cls(got, expected, remedy, kind=kind)


class UsageError(AecError):
    """A wrong option or combination of options."""

    kind = "usage"


class AudioDecodeError(AecError):
    """A file or upload that cannot be decoded as sound."""

    kind = "unreadable"


class CorpusError(AecError):
    """A folder or manifest without usable clips."""

    kind = "corpus"


class FeatureError(AecError):
    """Invalid feature settings, or features that do not fit them."""

    kind = "features"


class StoreError(AecError):
    """A feature store that cannot be read or written."""

    kind = "store"


class WorkerDiedError(AecError):
    """A worker process that was killed, most often because memory ran out."""

    kind = "worker_died"


class SplitError(AecError):
    """Clips that cannot be divided by the chosen split."""

    kind = "split"


class TrainingError(AecError):
    """Data or settings that a model cannot be trained with."""

    kind = "training"


class CancelledError(AecError):
    """Work that was cancelled before there was anything to keep."""

    kind = "cancelled"


class ModelFileError(AecError):
    """A model file that is damaged, of another program, too large or malicious."""

    kind = "model_file"


class RunError(AecError):
    """A run folder that is missing, damaged or in use."""

    kind = "run"


class ResultError(AecError):
    """A benchmark result that is damaged, of another program, or too large."""

    kind = "result"
