"""The one error family: what came, what is expected, what to do.

The dashboard shows an `AecError` beside the thing that caused it; the command line prints it as one line.
"""


class AecError(Exception):
    """Something the user can understand and mend.

    Parameters
    ----------
    got : str
        What came, with the offending name or value.
    expected : str
        What would have been accepted; may be empty where `got` says it all.
    remedy : str
        What to do next; may be empty.
    kind : str, optional
        A short word for programs; each class has a default.
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
        """What came and what is expected, as one sentence."""
        return "; ".join(part.strip().rstrip(".") for part in (self.got, self.expected) if part) + "."

    def __str__(self) -> str:
        if not self.remedy:
            return self.message
        return f"{self.message} {self.remedy.strip().rstrip('.')}."

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; the default would lose the kind.
        return (_rebuild, (type(self), self.got, self.expected, self.remedy, self.kind))


def _rebuild(cls: type[AecError], got: str, expected: str, remedy: str, kind: str) -> AecError:
    return cls(got, expected, remedy, kind=kind)


class UsageError(AecError):
    """A wrong option or combination of options."""

    kind = "usage"


class AudioDecodeError(AecError):
    """A file or upload that is not sound we can work with."""

    kind = "unreadable"


class CorpusError(AecError):
    """A folder or manifest that gives no usable table of clips."""

    kind = "corpus"


class FeatureError(AecError):
    """Feature settings that make no sense, or features that do not fit them."""

    kind = "features"


class StoreError(AecError):
    """A feature store that cannot be read or written."""

    kind = "store"


class WorkerDiedError(AecError):
    """A worker process that was killed from outside, most often for want of memory."""

    kind = "worker_died"


class SplitError(AecError):
    """Clips that cannot be divided as asked."""

    kind = "split"


class TrainingError(AecError):
    """Data or settings that a model cannot be trained with."""

    kind = "training"


class CancelledError(AecError):
    """Work that was asked to stop before there was anything to keep."""

    kind = "cancelled"


class ModelFileError(AecError):
    """A model file that is damaged, foreign, too large or hostile."""

    kind = "model_file"


class RunError(AecError):
    """A run folder that is missing, damaged or in use."""

    kind = "run"


class ResultError(AecError):
    """A benchmark's result from elsewhere that is damaged, of something else, or too large."""

    kind = "result"
