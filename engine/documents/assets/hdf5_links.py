"""Where the values of a HDF5 dataset really come from, found out before anything is opened that lies elsewhere.

A dataset may be a link into another file, a view of datasets in others, or have its bytes in any file at all. HDF5
follows all that by itself, so every step is looked at first, and each file it leads to must be one that may be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from headrace.engine.model.errors import DocumentError

__all__ = ["check_links"]

_MOST_STEPS = 32


def check_links(file: Any, name: str, check: Callable[[Path], None]) -> None:
    """Follow a dataset to all files that its values come from. What is not there is passed over.

    Parameters
    ----------
    file
        An open ``h5py.File``.
    name
        Path of the dataset in it.
    check
        Called with each other file; raises if it may not be read.

    Raises
    ------
    DocumentError
        If a file may not be read, the way to the values goes round in a circle, or their files are named by a pattern.
    """
    if "\0" in name or not name.isprintable() or len(name) > 4000:
        message = f"{name[:80]!r} is no path of a dataset"
        raise DocumentError(message)
    _Walk(check).follow(file, name)


class _Walk:
    """One walk from a dataset to its files."""

    def __init__(self, check: Callable[[Path], None]) -> None:
        self._check = check
        self._trail: list[tuple[str, str]] = []  # the steps that have led here

    def follow(self, file: Any, name: str) -> None:
        """Follow a path in a file, link by link."""
        step = (os.path.realpath(file.filename), name)
        if step in self._trail or len(self._trail) >= _MOST_STEPS:
            message = f"{name} in {file.filename} leads to itself, or by more than {_MOST_STEPS} steps to its values"
            raise DocumentError(message)
        self._trail.append(step)
        try:
            self._walk(file, name)
        finally:
            self._trail.pop()

    def _walk(self, file: Any, name: str) -> None:
        import h5py

        here, rest = file, [part for part in name.split("/") if part not in ("", ".")]
        while rest and isinstance(here, h5py.Group):
            part = rest.pop(0)
            link = here.get(part, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                self._go_to(file, link.filename, "/".join([link.path, *rest]))
                return
            if isinstance(link, h5py.SoftLink):
                path = link.path if link.path.startswith("/") else f"{here.name}/{link.path}"
                self.follow(file, "/".join([path, *rest]))
                return
            if link is None:
                return
            here = here[part]
        if isinstance(here, h5py.Dataset):
            self._look_into(file, here)

    def _look_into(self, file: Any, dataset: Any) -> None:
        """Look where a dataset has its bytes, without asking for its shape: that would open its sources."""
        plan = dataset.id.get_create_plist()
        for number in range(plan.get_external_count()):
            for place in _places(file, os.fsdecode(plan.get_external(number)[0])):
                self._check(place)
        if not dataset.is_virtual:
            return
        for source in dataset.virtual_sources():
            if "%" in source.file_name or "%" in source.dset_name:
                taker = f"{dataset.name} in {file.filename}"
                message = f"{taker} takes its values from files named by a pattern; these can't be checked"
                raise DocumentError(message)
            if source.file_name == ".":
                self.follow(file, source.dset_name)
            else:
                self._go_to(file, source.file_name, source.dset_name)

    def _go_to(self, file: Any, name: str, inside: str) -> None:
        """Check another file, and go on in it."""
        import h5py

        for place in _places(file, name):
            self._check(place)
            if not place.is_file():
                continue
            try:
                with h5py.File(place, "r", locking=False) as other:
                    self.follow(other, inside)
            except (OSError, RuntimeError):  # no HDF5 file, or being written: reading will say so
                continue


def _places(file: Any, name: str) -> Iterator[Path]:
    """Give where HDF5 looks for a file that is named in another one; of several those that are there."""
    own = Path(file.filename)
    folders = (own.parent, own.resolve().parent)
    found = [*(folder / name for folder in folders), Path(name), *(folder / Path(name).name for folder in folders)]
    places = dict.fromkeys(Path(os.path.abspath(place)) for place in found)
    yield from ([place for place in places if os.path.lexists(place)] or [next(iter(places))])
