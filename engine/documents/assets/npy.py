"""``.npy`` files, one for each point (NPY_SEQ, as the simulated detectors of ophyd write them)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["read_npy"]

_MAGIC = b"\x93NUMPY"


def read_npy(path: Path) -> Any:
    """Read the array of a ``.npy`` file; one that holds pickled objects is refused.

    Raises
    ------
    NotReachableError
        If the file can't be read, or is not written to its end yet.
    DocumentError
        If it is no array of plain numbers.
    """
    import numpy as np

    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
            file.seek(0)
            return np.load(file, allow_pickle=False)
    except OSError as error:
        message = f"can't read {path}: {error}"
        raise NotReachableError(message) from error
    except (ValueError, EOFError) as error:
        holds_objects = head == _MAGIC and "allow_pickle" in str(error)
        if _MAGIC.startswith(head) and not holds_objects:
            message = f"{path} is not written to its end: {error}"
            raise NotReachableError(message) from error
        message = f"{path} is no .npy file of numbers: {error}"
        raise DocumentError(message) from error
