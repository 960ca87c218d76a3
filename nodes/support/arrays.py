"""Taking in arrays: what a node was given, as numbers of the right shape, or refused with words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError

__all__ = ["as_frame", "as_numbers", "sum_of_frames"]


def as_numbers(value: Any, what: str) -> npt.NDArray[Any]:
    """Give a value as an array of real numbers (boolean, integer or float), without copying if it is one.

    Parameters
    ----------
    value
        An array, a number, or nested lists of numbers.
    what
        Its name, for the message.

    Raises
    ------
    UsageError
        If it is ragged, complex, text, a table or anything else that is no array of real numbers.

    Examples
    --------
    >>> as_numbers([[1, 2], [3, 4]], "frame").shape
    (2, 2)
    """
    if hasattr(value, "columns"):
        problem = f"{what} is a table; expected an array of numbers or a number"
        raise UsageError(problem)
    try:
        array = np.asarray(value)
    except ValueError as error:
        problem = f"{what} is no array: {error}; expected numbers of one shape"
        raise UsageError(problem) from error
    if array.dtype.kind not in "biuf":
        problem = f"{what} holds {array.dtype} (shape {array.shape}); expected real numbers"
        raise UsageError(problem)
    return array


def as_frame(value: Any, what: str) -> npt.NDArray[Any]:
    """Give a value as one image, shape (ny, nx).

    Raises
    ------
    UsageError
        If it has not two axes.

    Examples
    --------
    >>> as_frame([[1, 2, 3]], "frame").shape
    (1, 3)
    """
    array = as_numbers(value, what)
    if array.ndim != 2:
        advice = "; put an 'average' before it" if array.ndim > 2 else ""
        problem = f"{what} has shape {array.shape}; expected one image, shape (ny, nx){advice}"
        raise UsageError(problem)
    return array


def sum_of_frames(value: Any, what: str) -> tuple[npt.NDArray[np.float64], int]:
    """Add the images of a stack up in float64, and count them.

    Raises
    ------
    UsageError
        If it has fewer than two axes, or no image in it.
    """
    array = as_numbers(value, what)
    if array.ndim < 2:
        problem = f"{what} has shape {array.shape}; expected images, shape (..., ny, nx)"
        raise UsageError(problem)
    leading = tuple(range(array.ndim - 2))
    count = int(np.prod(array.shape[:-2], dtype=np.int64))
    if count == 0:
        problem = f"{what} has shape {array.shape}: there is no image in it"
        raise UsageError(problem)
    return np.add.reduce(array, axis=leading, dtype=np.float64), count
