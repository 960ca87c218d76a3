"""The arrays of a stored run: one HDF5 dataset for each field, one chunk for each event."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from headrace.engine.documents.store_disk import CalmFile

__all__ = ["TIMES", "ArrayFile", "can_be_stored"]

TIMES = ".times"
"""What is put after a dataset's name for that of its time stamps; NaN, or a missing row, is the event's time."""

_CHUNK_LIMIT = 1 << 32  # HDF5 takes no chunk of 4 GiB or more


def can_be_stored(array: NDArray[Any]) -> bool:
    """Say whether HDF5 gives an array back bit for bit: numbers and booleans, one event's worth below 4 GiB."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    plain = kind in "biu" or (kind == "f" and size <= 8) or (kind == "c" and size <= 16)
    return plain and 0 < array.nbytes < _CHUNK_LIMIT


class ArrayFile:
    """An HDF5 file that grows by one row for each event and field. It is made when the first row comes.

    Parameters
    ----------
    path
        The file. One that is there is written over.

    Notes
    -----
    Each method raises OSError once the disk doesn't take what is written. Then the file is of no use.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None
        self._disk: CalmFile | None = None

    def new_dataset(self, stream: str, field: str, like: NDArray[Any]) -> str:
        """Make a dataset for arrays like this one, and give its path in the file."""
        import h5py

        if self._file is None:
            self._disk = CalmFile(self.path)
            self._file = h5py.File(self._disk, "w")
        plain = f"/{_part(stream)}/{_part(field)}"
        name, number = plain, 1
        while name in self._file:  # another descriptor of the stream, with arrays of another form
            number += 1
            name = f"{plain}.{number}"
        shape = (0, *like.shape)
        self._file.create_dataset(name, shape, like.dtype, maxshape=(None, *like.shape), chunks=(1, *like.shape))
        return name

    def append(self, dataset: str, array: NDArray[Any], time: float | None = None) -> int:
        """Add a row to a dataset, with its time stamp if it has one of its own; gives its number, counted from 0."""
        rows = self._file[dataset]
        number = int(rows.shape[0])
        rows.resize(number + 1, axis=0)
        rows[number] = np.ascontiguousarray(array)
        if time is not None:
            times = self._file.require_dataset(
                dataset + TIMES, (0,), np.float64, maxshape=(None,), chunks=(1024,), fillvalue=np.nan
            )
            times.resize(number + 1, axis=0)
            times[number] = time
        self._check()
        return number

    def flush(self) -> None:
        """Hand what was written to the operating system, so that it survives this program."""
        if self._file is not None:
            self._file.flush()
            self._check()

    def _check(self) -> None:
        if self._disk is not None and self._disk.problem is not None:
            raise self._disk.problem

    def close(self) -> bool:
        """Close the file; say whether there is one.

        Raises
        ------
        OSError
            If not all of it could be written.
        """
        if self._file is None or self._disk is None:
            return False
        self._file.close()
        self._disk.close()
        self._file = None
        self._check()
        return True


def _part(name: str) -> str:
    """Make a name fit to be one part of a path in the file."""
    return quote(name, safe=" :-_()[]+,=@!~").replace(".", "%2E") or "%"
