"""HDF5 files: rows of one dataset, from files that may still be growing."""

from __future__ import annotations

import importlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headrace.engine.documents.assets.hdf5_dataset import are_written, find_dataset, look_written
from headrace.engine.documents.assets.hdf5_links import check_links
from headrace.engine.documents.assets.hdf5_open import OpenFile, open_hdf5, stamp_of
from headrace.engine.documents.assets.rows import Rows
from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["AD_DATASET", "Hdf5Files"]

AD_DATASET = "/entry/data/data"
"""Where the areaDetector HDF5 plugin puts its frames."""
_MOST_BYTES = 1 << 32
"""A single value larger than this is refused: a dataset may claim any size without having it."""
_LARGE = 1 << 28


class Hdf5Files:
    """Open HDF5 files, a bounded number of them; the one not used for longest is closed first.

    Parameters
    ----------
    max_open
        How many files stay open at most.
    growing
        Whether files may still be growing. Rows whose storage has not been written are then taken for rows that are
        not there yet, and not for zeros.
    check
        Called with the path of any other file that a dataset takes its values from (an external link, a virtual
        dataset); raises if it may not be read.

    Notes
    -----
    Safe to use from several threads: one lock is held while a file is opened or read (HDF5 itself lets only
    one thread in at a time), never while waiting for a file to grow.
    """

    def __init__(
        self, max_open: int, *, growing: bool = False, check: Callable[[Path], None] = lambda path: None
    ) -> None:
        self._max_open = max(max_open, 1)
        self._growing = growing
        self._check = check
        self._lock = threading.Lock()
        self._open: OrderedDict[Path, OpenFile] = OrderedDict()
        self._sound: dict[Path, set[str]] = {}  # open file -> datasets that take no values from where they may not
        self._closed = False

    def read(self, path: Path, dataset: str, rows: Callable[[tuple[int, ...]], Rows]) -> Any:
        """Read rows of a dataset.

        Parameters
        ----------
        path
            The file.
        dataset
            Path of the dataset in the file.
        rows
            From the shape of the dataset to the rows that are wanted.

        Raises
        ------
        NotReachableError
            If the file can't be opened, or the dataset or its rows aren't there (yet).
        DocumentError
            If there is something else in their place, or a compression filter is missing.
        """
        with self._lock:
            try:
                values = self._read_now(path, dataset, rows)
            except NotReachableError:
                self._forget(path)  # a fresh look at the file next time
                raise
            if self._closed:
                self._forget(path)
            return values

    def _read_now(self, path: Path, dataset: str, rows: Callable[[tuple[int, ...]], Rows]) -> Any:
        opened = self._file(path)
        if dataset not in self._sound.setdefault(path, set()):
            check_links(opened.file, dataset, self._check)
        found = find_dataset(opened.file, path, dataset)
        if (own := Path(found.file.filename)) != path:
            self._check(own)
        self._sound[path].add(dataset)
        wanted = rows(found.shape)
        if wanted.start < 0:
            message = f"row {wanted.start} of {dataset} in {path} is asked for; they count from 0"
            raise DocumentError(message)
        rows_text = f"rows {wanted.start} to {wanted.stop - 1} of {dataset}"
        if wanted.stop > found.shape[0]:
            message = f"{rows_text} are not in {path}: it has {found.shape[0]}"
            raise NotReachableError(message)
        if self._growing and _claims_much(found, wanted) and not are_written(found, wanted):
            message = f"{rows_text} are announced in {path} but not written"
            raise NotReachableError(message)
        values = _load(found, path, wanted)
        if self._growing and not look_written(found, wanted, values):
            if not are_written(found, wanted):
                message = f"{rows_text} are announced in {path} but not written"
                raise NotReachableError(message)
            values = _load(found, path, wanted)  # may have been written since
        if self._growing and opened.stamp is not None and stamp_of(path) != opened.stamp:
            message = f"{path} was written to while it was read"
            raise NotReachableError(message)
        return values

    def _file(self, path: Path) -> OpenFile:
        known = self._open.get(path)
        if known is not None and known.stamp is not None and stamp_of(path) != known.stamp:
            self._forget(path)
        if path not in self._open:
            self._open[path] = open_hdf5(path)
            while len(self._open) > self._max_open:
                self._forget(next(iter(self._open)))
        self._open.move_to_end(path)
        return self._open[path]

    def _forget(self, path: Path) -> None:
        opened = self._open.pop(path, None)
        self._sound.pop(path, None)
        if opened is not None:
            opened.file.close()

    def close(self) -> None:
        """Close all files. Reading goes on to work: it opens a file again, and closes it when it is done."""
        with self._lock:
            self._closed = True
            for path in list(self._open):
                self._forget(path)


def _claims_much(found: Any, rows: Rows) -> bool:
    """Tell whether values are so large that it is worth it to look first whether they were ever written."""
    size = math.prod(found.shape[1:]) * (rows.stop - rows.start) * found.dtype.itemsize
    return found.chunks is not None and not found.is_virtual and size > _LARGE


def _load(found: Any, path: Path, rows: Rows) -> Any:
    import h5py

    if h5py.check_string_dtype(found.dtype):
        found = found.asstr()
    try:
        return _values(found, rows)
    except (OSError, RuntimeError) as error:
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
    shape = (*count, *found.shape[1:])
    if math.prod(shape) * found.dtype.itemsize > _MOST_BYTES:
        message = (
            f"{found.name} in {found.file.filename} has values of shape {shape}: more than {_MOST_BYTES} bytes each"
        )
        raise DocumentError(message)
    values = np.empty(shape, found.dtype)
    if values.size:
        found.read_direct(values, source_sel=np.index_exp[selection])  # half again as fast as found[...]
    return values
