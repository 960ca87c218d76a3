"""HDF5 files: rows of one dataset, from files that may still be growing."""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["AD_DATASET", "Hdf5Files", "Rows", "rows_of_datum", "rows_of_point"]

AD_DATASET = "/entry/data/data"
"""Where the areaDetector HDF5 plugin puts its frames."""


class Rows(NamedTuple):
    """Rows of a dataset: from `start` up to `stop`, without the row axis if they are a single value."""

    start: int
    stop: int
    single: bool


def rows_of_point(point: int, frames: int) -> Rows:
    """Give the rows of a point of an areaDetector file: as many as there are frames per point."""
    return Rows(point * frames, (point + 1) * frames, single=False)


def rows_of_datum(shape: tuple[int, ...], index: int, declared: tuple[int, ...], frames: int = 0) -> Rows:
    """Give the rows of one datum of a stream in a dataset of a given shape.

    Parameters
    ----------
    shape
        Shape of the dataset.
    index
        Number of the datum, counted from 0.
    declared
        Shape of one datum as the descriptor declares it. A dataset with as many axes has ``declared[0]`` rows
        for each datum; one with more axes has a row for each.
    frames
        Rows for each datum if the stream resource says so itself; 0 if not.

    Raises
    ------
    DocumentError
        If the dataset has fewer axes than a datum.

    Examples
    --------
    >>> rows_of_datum((10, 4, 4), 2, (5, 4, 4))
    Rows(start=10, stop=15, single=False)
    >>> rows_of_datum((10, 4, 4), 2, (4, 4))
    Rows(start=2, stop=3, single=True)
    """
    if len(shape) < max(len(declared), 1):
        message = f"the dataset has shape {shape}, too few axes for data declared with shape {declared}"
        raise DocumentError(message)
    if len(shape) == len(declared):
        return Rows(index * declared[0], (index + 1) * declared[0], single=False)
    count = max(frames, 1)
    return Rows(index * count, (index + 1) * count, single=count == 1)


class Hdf5Files:
    """Open HDF5 files, a bounded number of them; the one not used for longest is closed first.

    Parameters
    ----------
    max_open
        How many files stay open at most.

    Notes
    -----
    Safe to use from several threads: one lock is held while a file is opened or read (HDF5 itself lets only
    one thread in at a time), never while waiting for a file to grow.
    """

    def __init__(self, max_open: int) -> None:
        self._max_open = max(max_open, 1)
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[Path, bool], Any] = OrderedDict()  # (path, swmr wanted) -> h5py.File

    def read(self, path: Path, dataset: str, rows: Callable[[tuple[int, ...]], Rows], *, swmr: bool) -> Any:
        """Read rows of a dataset.

        Parameters
        ----------
        path
            The file.
        dataset
            Path of the dataset in the file.
        rows
            From the shape of the dataset to the rows that are wanted.
        swmr
            Whether another program may be writing the file in single-writer-multiple-reader mode.

        Raises
        ------
        NotReachableError
            If the file can't be opened, or the dataset or its rows aren't there (yet).
        DocumentError
            If there is something else in their place, or a compression filter is missing.
        """
        with self._lock:
            try:
                return self._read_now(self._file(path, swmr), path, dataset, rows)
            except NotReachableError:
                self._forget((path, swmr))  # a fresh look at the file next time
                raise

    def _read_now(self, file: Any, path: Path, dataset: str, rows: Callable[[tuple[int, ...]], Rows]) -> Any:
        found = _dataset(file, path, dataset)
        wanted = rows(found.shape)
        if wanted.stop > found.shape[0]:
            rows_text = f"rows {wanted.start} to {wanted.stop - 1} of {dataset}"
            message = f"{rows_text} are not in {path}: it has {found.shape[0]}"
            raise NotReachableError(message)
        return _load(found, path, wanted)

    def _file(self, path: Path, swmr: bool) -> Any:
        key = (path, swmr)
        if key not in self._open:
            self._open[key] = _open(path, swmr)
            while len(self._open) > self._max_open:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(key)
        return self._open[key]

    def _forget(self, key: tuple[Path, bool]) -> None:
        file = self._open.pop(key, None)
        if file is not None:
            file.close()

    def close(self) -> None:
        """Close all files. Reading goes on to work: it opens them again."""
        with self._lock:
            for key in list(self._open):
                self._forget(key)


def _open(path: Path, swmr: bool) -> Any:
    import h5py

    try:
        return h5py.File(path, "r", swmr=swmr)
    except OSError as error:
        reason = error
    if swmr:  # an ordinary file, not made for several readers
        try:
            return h5py.File(path, "r")
        except OSError as error:
            reason = error
    message = f"can't open {path} as HDF5: {reason}"
    raise NotReachableError(message)


def _dataset(file: Any, path: Path, name: str) -> Any:
    import h5py

    try:
        found = file[name]
    except KeyError as error:
        message = f"there is no dataset {name} in {path}"
        raise NotReachableError(message) from error
    if not isinstance(found, h5py.Dataset) or not found.shape:
        message = f"{name} in {path} is no dataset with rows"
        raise DocumentError(message)
    if file.swmr_mode:
        found.id.refresh()
    return found.asstr() if h5py.check_string_dtype(found.dtype) else found


def _load(found: Any, path: Path, rows: Rows) -> Any:
    try:
        return _values(found, rows)
    except OSError as error:
        if "filter" not in str(error) and "plugin" not in str(error):
            message = f"can't read {path}: {error}"
            raise NotReachableError(message) from error
    try:
        importlib.import_module("hdf5plugin")  # registers the common compression filters
        return _values(found, rows)
    except (ImportError, OSError) as error:
        message = f"{path} is compressed with a filter that is not installed: pip install hdf5plugin ({error})"
        raise DocumentError(message) from error


def _values(found: Any, rows: Rows) -> Any:
    import numpy as np

    selection = rows.start if rows.single else slice(rows.start, rows.stop)
    if not hasattr(found, "read_direct"):  # text
        return found[selection]
    count = () if rows.single else (rows.stop - rows.start,)
    values = np.empty((*count, *found.shape[1:]), found.dtype)
    if values.size:
        found.read_direct(values, source_sel=np.index_exp[selection])  # half again as fast as found[...]
    return values
