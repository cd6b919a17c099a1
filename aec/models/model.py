"""A loaded model: predictions by onnxruntime, within limits."""

import functools

import numpy as np
import onnxruntime

from aec.errors import FeatureError, ModelFileError
from aec.models.card import ModelCard
from aec.models.graph_limits import printable
from aec.models.shape_plan import ShapePlan

MAX_BATCH = 64
_TOLERANCE = 1e-3


class Model:
    """A model that is ready to predict; threads may share it.

    Attributes
    ----------
    card : ModelCard
    """

    def __init__(self, card: ModelCard, session: onnxruntime.InferenceSession, plan: ShapePlan) -> None:
        self.card = card
        self._session = session
        # Accepted sizes are cached; a refusal raises, and is not.
        self._check_sizes = functools.lru_cache(maxsize=1024)(plan.check)

    def predict(self, features: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Return the probabilities of clips.

        Parameters
        ----------
        features : np.ndarray [shape=(batch, time, coefficients), dtype=float32]
            Clips shorter than `time` are padded at their end.
        lengths : np.ndarray [shape=(batch,), dtype=int64]
            Frames of each clip, 1 to `time`.

        Returns
        -------
        np.ndarray [shape=(batch, labels), dtype=float32]
            Rows sum to 1, columns in the order of `card.labels`.

        Raises
        ------
        FeatureError
            Features of another shape, type or range.
        ModelFileError
            The model cannot take so many frames (`kind` "too_large") or so few ("length"), fails ("runtime"), or
            returns something that is no probability ("answer").
        """
        self._check_input(features, lengths)
        batch, time, _ = features.shape
        step = self._largest_batch(batch, time)
        parts = [slice(start, start + step) for start in range(0, batch, step)]
        nothing = np.empty((0, len(self.card.labels)), dtype=np.float32)
        return np.concatenate([nothing, *(self._run(features[part], lengths[part]) for part in parts)])

    def try_once(self, frames: int) -> None:
        """Predict noise of so many frames; raise as `predict`."""
        noise = np.random.default_rng(0).standard_normal((2, frames, self.card.features[0].coefficients))
        self.predict(noise.astype(np.float32), np.array([frames, (frames + 1) // 2], dtype=np.int64))

    def _check_input(self, features: np.ndarray, lengths: np.ndarray) -> None:
        coefficients = self.card.features[0].coefficients
        if features.dtype != np.float32 or features.ndim != 3 or features.shape[2] != coefficients:
            got = f"the features are {features.dtype} of the shape {features.shape}"
            raise FeatureError(got, f"float32 of the shape (clips, frames, {coefficients}) is expected")
        batch, time, _ = features.shape
        if lengths.dtype != np.int64 or lengths.shape != (batch,):
            got = f"the lengths are {lengths.dtype} of the shape {lengths.shape}"
            raise FeatureError(got, f"int64 of the shape ({batch},) is expected")
        if batch and not 1 <= int(lengths.min()) <= int(lengths.max()) <= time:
            got = f"the lengths run from {lengths.min()} to {lengths.max()} frames"
            raise FeatureError(got, f"1 to {time} is expected")
        if not np.isfinite(features).all():
            raise FeatureError("the features hold values that are not numbers", "finite values are expected")

    def _largest_batch(self, batch: int, time: int) -> int:
        size = max(1, min(batch, MAX_BATCH))
        while size > 1:
            try:
                self._allow(size, time)
            except ModelFileError as error:
                if error.kind != "too_large":
                    raise
                size //= 2
            else:
                break
        return size

    def _allow(self, batch: int, time: int) -> None:
        # A graph may compute its sizes from these two numbers: what was harmless for some need not be for others.
        try:
            self._check_sizes(batch, time)
        except ModelFileError as error:
            if error.kind == "too_large":
                raise ModelFileError(error.got, error.expected, "Use shorter clips", kind=error.kind) from error
            # Most often a window of the network is longer than the clip.
            got = f"the model does not take clips of {time} frames: {error.got}"
            raise ModelFileError(got, error.expected, "Use longer clips, or another model", kind="length") from error

    def _run(self, features: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        batch, time, _ = features.shape
        self._allow(batch, time)
        try:
            (output,) = self._session.run(["probabilities"], {"features": features, "lengths": lengths})
        except Exception as error:  # onnxruntime's errors share no base class
            got = f"the model fails on {batch} clips of {time} frames ({_reason(error)})"
            raise ModelFileError(got, "", "Use another model", kind="runtime") from error
        if not isinstance(output, np.ndarray) or output.shape != (batch, len(self.card.labels)):
            got = f"the model returns the shape {np.shape(output)}"
            raise ModelFileError(got, f"{(batch, len(self.card.labels))} is expected", kind="answer")
        near_one = np.abs(output.sum(axis=1, dtype=np.float64) - 1) <= _TOLERANCE
        if not (np.isfinite(output).all() and near_one.all() and output.min() >= -_TOLERANCE):
            got = "the model returns values that are no probabilities"
            raise ModelFileError(
                got, "numbers from 0 to 1 that sum to 1 are expected", "Use another model", kind="answer"
            )
        return output


def open_session(data: bytes, threads: int) -> onnxruntime.InferenceSession:
    """Return a session of a checked graph; raise ModelFileError if it fails."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # The arena keeps the memory of the largest clip for as long as the model lives.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class
        got = f"onnxruntime does not take the graph ({_reason(error)})"
        raise ModelFileError(got, "", "Use another model", kind="runtime") from error


def _reason(error: Exception) -> str:
    # "[ONNXRuntimeError] : 1 : FAIL : what happened"; source lines and the like follow on further lines.
    return printable((str(error) or type(error).__name__).split(" : ", 3)[-1])
