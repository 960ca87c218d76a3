"""A dataset in an open HDF5 file: what it is, where its values lie, and whether they are there yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headrace.engine.documents.assets.rows import Rows
from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["are_written", "find_dataset", "look_written"]


def find_dataset(file: Any, path: Path, name: str) -> Any:
    """Give a dataset as it is now.

    Raises
    ------
    NotReachableError
        If it is not there, or can't be read just now.
    DocumentError
        If it is no dataset with rows.
    """
    import h5py

    try:
        found = file[name]
        if isinstance(found, h5py.Dataset) and file.swmr_mode:
            found.id.refresh()
    except KeyError as error:
        message = f"there is no dataset {name} in {path}"
        raise NotReachableError(message) from error
    except (OSError, RuntimeError) as error:
        message = f"can't read {name} in {path}: {error}"
        raise NotReachableError(message) from error
    if not isinstance(found, h5py.Dataset) or not found.shape:
        message = f"{name} in {path} is no dataset with rows"
        raise DocumentError(message)
    return found


def look_written(found: Any, rows: Rows, values: Any) -> bool:
    """Tell whether values that were read can't be those of storage that was never written.

    A dataset may be larger already than what was put in; there it reads as its fill value. Known for datasets that are
    stored in chunks, as growing ones are; taken for granted for others. A frame in several chunks is taken to be
    written in order, so that its last one counts.
    """
    if found.chunks is None or found.is_virtual or not values.size or values.dtype.kind not in "biufc":
        return True
    fill = found.fillvalue
    frames = values[None] if rows.single else values
    corner = tuple(slice(start, None) for start in _last_corner(found))
    for first in _firsts(found, rows):
        within = slice(max(first - rows.start, 0), first + found.chunks[0] - rows.start)
        part = frames[(within, *corner)]
        if not (_differs(part[..., ::61], fill) or _differs(part, fill)):
            return False
    return True


def are_written(found: Any, rows: Rows) -> bool:
    """Tell whether there is storage for rows of a dataset in chunks. Takes long if it has many."""
    corner = _last_corner(found)
    places = ((first, *corner) for first in _firsts(found, rows))
    return all(found.id.get_chunk_info_by_coord(place).byte_offset is not None for place in places)


def _firsts(found: Any, rows: Rows) -> range:
    """Give the first row of each chunk that holds some of the rows."""
    step = found.chunks[0]
    return range(rows.start - rows.start % step, rows.stop, step)


def _last_corner(found: Any) -> tuple[int, ...]:
    """Give where the last chunk of a frame begins."""
    return tuple((size - 1) // chunk * chunk for size, chunk in zip(found.shape[1:], found.chunks[1:], strict=True))


def _differs(values: Any, fill: Any) -> bool:
    """Tell whether any value is not the fill value, which may be NaN."""
    return bool((values == values).any()) if fill != fill else bool((values != fill).any())
