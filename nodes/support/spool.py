"""Images put aside on disk until the run ends, for results that need all of them twice."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.nodes.support.accumulator import check_same_shape

__all__ = ["Spool"]


class Spool:
    """Images of one shape and dtype in a temporary file, which vanishes with this object.

    The file lies in the system's folder for temporary files (set ``TMPDIR`` for another) and takes the bytes of the
    images, no more. In memory there is one image at a time. Not safe for concurrent use.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="headrace-")
        self._finish = weakref.finalize(self, self._file.close)  # also for a run that is given up
        self._shape: tuple[int, ...] | None = None
        self._dtype: np.dtype[Any] = np.dtype(np.float64)
        self.numbers: list[int] = []
        """Number of each image, in the order in which they came."""

    def put(self, number: int, image: npt.NDArray[Any]) -> None:
        """Put an image aside.

        Raises
        ------
        UsageError
            If it has another shape than those before.
        """
        if self._shape is None:
            self._shape, self._dtype = image.shape, image.dtype
        check_same_shape(self._shape, image.shape)
        self._file.write(np.ascontiguousarray(image, dtype=self._dtype).data)
        self.numbers.append(number)

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        """Give the images back, one at a time, in the order in which they came."""
        shape = self._shape or ()
        size = int(np.prod(shape, dtype=np.int64)) * self._dtype.itemsize
        self._file.seek(0)
        for _ in self.numbers:
            yield np.frombuffer(self._file.read(size), dtype=self._dtype).reshape(shape)
        self._file.seek(0, 2)

    def close(self) -> None:
        """Give the disk space back."""
        self._finish()
