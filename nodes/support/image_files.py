"""Reading one image or a stack of images from a file on disk. Nothing in a file is ever executed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import DocumentError, NotReachableError
from headrace.engine.model.faults import nearest

__all__ = ["read_images"]

_HDF5 = (".h5", ".hdf5", ".hdf", ".nxs")
_KNOWN = (".npy", ".npz", ".tif", ".tiff", *_HDF5)


def read_images(address: str) -> npt.NDArray[Any]:
    """Read an array from ``.npy``, ``.npz``, ``.tif``, ``.tiff`` or HDF5.

    Parameters
    ----------
    address
        Path of the file. For ``.npz`` and HDF5, ``path:name`` names the array in it; the name can be left out if
        there is only one.

    Raises
    ------
    NotReachableError
        If there is no such file.
    DocumentError
        If the file is of another kind, broken, or has no such array.
    """
    path, name = _split(address)
    suffix = path.suffix.lower()
    if suffix not in _KNOWN:
        problem = f"{path}: expected a file of one of the kinds {', '.join(_KNOWN)}"
        raise DocumentError(problem)
    try:
        if suffix in _HDF5:
            return _read_hdf5(path, name)
        if suffix == ".npz":
            return _read_npz(path, name)
        return _read_single(path, suffix)
    except (OSError, ValueError, KeyError, EOFError) as error:
        problem = f"{path} can't be read as {suffix}: {error}"
        raise DocumentError(problem) from error


def _split(address: str) -> tuple[Path, str | None]:
    path = Path(address).expanduser()
    if path.is_file():
        return path, None
    head, colon, name = address.rpartition(":")
    if colon and Path(head).expanduser().is_file():
        return Path(head).expanduser(), name
    problem = f"no such file: {head if colon else address} (looked from {Path.cwd()})"
    raise NotReachableError(problem)


def _read_single(path: Path, suffix: str) -> npt.NDArray[Any]:
    if suffix == ".npy":
        array: npt.NDArray[Any] = np.load(path, allow_pickle=False)
        return array
    import tifffile

    try:
        return np.asarray(tifffile.imread(path))
    except tifffile.TiffFileError as error:
        raise ValueError(str(error)) from error


def _read_npz(path: Path, name: str | None) -> npt.NDArray[Any]:
    with np.load(path, allow_pickle=False) as arrays:
        return np.asarray(arrays[_choose(path, name, arrays.files)])


def _read_hdf5(path: Path, name: str | None) -> npt.NDArray[Any]:
    import h5py

    with h5py.File(path, "r") as file:
        names: list[str] = []
        file.visititems(lambda key, item: names.append(key) if isinstance(item, h5py.Dataset) else None)
        return np.asarray(file[_choose(path, name and name.strip("/"), names)])


def _choose(path: Path, name: str | None, names: Sequence[str]) -> str:
    if name in names:
        return str(name)
    if name is None and len(names) == 1:
        return names[0]
    listed = ", ".join(names[:20]) or "none"
    hint = nearest(name, names) if name else f"name one: {path}:NAME"
    what = f"has no array {name!r}" if name else f"has {len(names)} arrays"
    problem = f"{path} {what}; it has {listed}" + (f"; {hint}" if hint else "")
    raise DocumentError(problem)
