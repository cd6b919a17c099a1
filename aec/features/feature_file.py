"""File of the feature matrices of a run: written by offset, read in batches."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from aec.errors import StoreError
from aec.system.files import remove_orphans


class FeatureFile:
    """Rows of float32 matrices in one preallocated file.

    Resident pages of a memory map count as memory of the process, and an array is held twice while it is scaled; a
    file that is read by offset costs one batch.

    Parameters
    ----------
    path : Path
    rows, frames, coefficients : int
        Shape of the whole: (rows, frames, coefficients).
    """

    def __init__(self, path: Path, rows: int, frames: int, coefficients: int) -> None:
        self.path = path
        self.shape = (rows, frames, coefficients)
        self._selected: np.ndarray | None = None

    @property
    def numbers(self) -> np.ndarray:
        """Number of each row in the file [dtype=int64]."""
        return np.arange(self.shape[0]) if self._selected is None else self._selected

    def select(self, rows: np.ndarray) -> "FeatureFile":
        """Return a read-only view of this file, whose row i is `rows[i]`."""
        view = FeatureFile(self.path, len(rows), *self.shape[1:])
        view._selected = rows if self._selected is None else self._selected[rows]
        return view

    @classmethod
    def create(cls, folder: Path, rows: int, frames: int, coefficients: int) -> "FeatureFile":
        """Create a file of zeros in a folder.

        Raises
        ------
        StoreError
            No place is left, or the folder cannot be written.
        """
        size = rows * frames * coefficients * 4
        try:
            folder.mkdir(parents=True, exist_ok=True)
            remove_orphans(folder, "features")
            handle, name = tempfile.mkstemp(prefix=f"features-{os.getpid()}-", suffix=".f32", dir=folder)
            with os.fdopen(handle, "wb") as file:
                file.truncate(size)
        except OSError as error:
            raise cannot_write(folder, size, error) from error
        return cls(Path(name), rows, frames, coefficients)

    def write(self, row: int, matrix: np.ndarray) -> None:
        """Write a matrix into a row; the rest of the row stays zero.

        Parameters
        ----------
        row : int
        matrix : np.ndarray [shape=(n <= frames, coefficients)]

        Raises
        ------
        StoreError
            No place is left on the disk.
        """
        self.write_all([(row, matrix)])

    def write_all(self, matrices: Iterable[tuple[int, np.ndarray]]) -> None:
        """Write several pairs of row and matrix; see `write`."""
        _, frames, coefficients = self.shape
        try:
            file = self.path.open("r+b", buffering=0)
        except OSError as error:
            raise cannot_write(self.path.parent, 0, error) from error
        with file:
            for row, matrix in matrices:
                if matrix.shape[1:] != (coefficients,) or len(matrix) > frames:
                    raise ValueError(
                        f"a matrix of shape {matrix.shape} does not fit rows of {(frames, coefficients)}"
                    )
                content = np.ascontiguousarray(matrix, dtype=np.float32).data.cast("B")
                try:
                    file.seek(row * frames * coefficients * 4)
                    # A disk that fills up accepts a part before it reports an error.
                    while content:
                        content = content[file.write(content) :]
                except OSError as error:
                    raise cannot_write(self.path.parent, matrix.nbytes, error) from error

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return rows in the given order.

        Returns
        -------
        np.ndarray [shape=(len(rows), frames, coefficients), dtype=float32]
        """
        _, frames, coefficients = self.shape
        result = np.empty((len(rows), frames, coefficients), dtype=np.float32)
        numbers = rows if self._selected is None else self._selected[rows]
        with self.path.open("rb", buffering=0) as file:
            for target, row in zip(result, numbers, strict=True):
                file.seek(int(row) * target.nbytes)
                if file.readinto(target.data.cast("B")) != target.nbytes:
                    raise StoreError(
                        f"{self.path.name} is shorter than it should be", "", "Extract the features again"
                    )
        return result

    def delete(self) -> None:
        """Remove the file, if it exists."""
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> "FeatureFile":
        return self

    def __exit__(self, *_error: object) -> None:
        self.delete()


def cannot_write(folder: Path, size: int, error: OSError) -> StoreError:
    """Return the error for a folder that cannot be written, or a full disk."""
    return StoreError(
        f"{folder} cannot be written ({error.strerror or error}); {size / 1e6:.1f} MB were wanted",
        "",
        "Free some space, or set AEC_HOME to a folder that can be written",
    )
