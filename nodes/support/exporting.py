"""Writing a value to a file of a common format."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import Event

__all__ = ["APPENDING", "WRITERS", "write_whole"]


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file so that a reader sees it whole or not at all."""
    part = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _array(value: Any, what: str) -> npt.NDArray[Any]:
    array = np.asarray(value)
    if hasattr(value, "columns") or array.dtype.kind not in "biufc":
        problem = f"{what} holds numbers, got {type(value).__name__}; export a table as .csv or .h5"
        raise DocumentError(problem)
    return array


def _table(value: Any, event: Event | None) -> Any:
    import pandas as pd

    if hasattr(value, "columns"):
        table = value
    elif isinstance(value, Mapping):
        table = pd.DataFrame([dict(value)])
    else:
        array = np.atleast_1d(_array(value, "a .csv file"))
        if array.ndim > 1:
            problem = (
                f"a .csv file holds a table, a curve or a number, got an array {array.shape}; use .tif, .npy or .h5"
            )
            raise DocumentError(problem)
        table = pd.DataFrame({"value": array})
    if event is not None:
        table = table.assign(seq_num=event.key.seq_num) if "seq_num" not in table else table
    return table


def _csv(path: Path, value: Any, event: Event | None) -> None:
    table = _table(value, event)
    fresh = not path.exists()
    table.to_csv(path, mode="a", header=fresh, index=False)


def _npy(path: Path, value: Any, event: Event | None) -> None:
    write_whole(path, lambda part: np.save(part, _array(value, "a .npy file"), allow_pickle=False))


def _npz(path: Path, value: Any, event: Event | None) -> None:
    columns = (
        {str(name): value[name].to_numpy() for name in value.columns}
        if hasattr(value, "columns")
        else {"data": _array(value, "a .npz file")}
    )
    write_whole(path, lambda part: np.savez_compressed(part, **columns))


def _tiff(path: Path, value: Any, event: Event | None) -> None:
    import tifffile

    array = _array(value, "a .tif file")
    if array.ndim < 2:
        problem = f"a .tif file holds images, got an array {array.shape}; use .csv or .npy"
        raise DocumentError(problem)
    array = array.astype(np.uint8) if array.dtype.kind == "b" else array
    write_whole(path, lambda part: tifffile.imwrite(part, array))


def _hdf5(path: Path, value: Any, event: Event | None) -> None:
    """Append to a NeXus group ``/entry/data``: one row per event, or the one value of the run."""
    import h5py

    columns = (
        {str(name): value[name].to_numpy() for name in value.columns}
        if hasattr(value, "columns")
        else {"data": _array(value, "an HDF5 file")[None]}
    )
    rows = len(next(iter(columns.values()), ()))
    columns["seq_num"] = np.full(rows, event.key.seq_num if event else 0)
    with h5py.File(path, "a") as file:
        entry = file.require_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        entry.attrs["default"] = "data"
        data = entry.require_group("data")
        data.attrs["NX_class"] = "NXdata"
        data.attrs["signal"] = "data" if "data" in columns else next(iter(columns))
        for name, column in columns.items():
            _append(data, name, column)


def _append(group: Any, name: str, column: npt.NDArray[Any]) -> None:
    if name not in group:
        limits = (None, *column.shape[1:])
        chunk = (max(1, 1 if column.ndim > 1 else 1024), *column.shape[1:])
        group.create_dataset(name, data=column, maxshape=limits, chunks=chunk)
        return
    dataset = group[name]
    if dataset.shape[1:] != column.shape[1:]:
        problem = f"{name!r} was {dataset.shape[1:]} before and is {column.shape[1:]} now; one file holds one shape"
        raise DocumentError(problem)
    dataset.resize(len(dataset) + len(column), axis=0)
    if len(column):
        dataset[-len(column) :] = column


WRITERS: Mapping[str, Callable[[Path, Any, Event | None], None]] = {
    ".csv": _csv,
    ".npy": _npy,
    ".npz": _npz,
    ".tif": _tiff,
    ".tiff": _tiff,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".nxs": _hdf5,
}
"""Suffix to the function that writes a value, and the event it belongs to, to a path."""

APPENDING = frozenset({".csv", ".h5", ".hdf5", ".nxs"})
"""Suffixes of files that hold a value per event."""
