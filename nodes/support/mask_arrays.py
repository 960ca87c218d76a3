"""Taking in masks: which pixels are good, and which count."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.arrays import as_numbers

__all__ = ["as_mask", "narrowed"]


def as_mask(value: Any, what: str, shape: tuple[int, ...] | None = None) -> npt.NDArray[np.bool_]:
    """Give a mask as truth values, True where a pixel is good.

    Parameters
    ----------
    value
        Truth values, or the numbers 0 (masked) and 1 (good).
    what
        Its name, for the message.
    shape
        Shape of the images that it is for; the mask has their shape, or that of one of them.

    Raises
    ------
    UsageError
        If it holds other numbers (an image that was mistaken for a mask), or the shapes differ.

    Examples
    --------
    >>> as_mask([[0, 1]], "mask").tolist()
    [[False, True]]
    """
    array = as_numbers(value, what)
    if shape is not None and array.shape not in (shape, shape[-2:]):
        problem = f"{what} has shape {array.shape} and the image has shape {shape}; expected a mask of the same shape"
        raise UsageError(problem)
    if array.dtype.kind == "b":
        return array
    good = array == 1
    if not np.all(good | (array == 0)):
        problem = (
            f"{what} holds {array.dtype} numbers other than 0 and 1; expected a mask, True where a pixel is good: "
            f"is it an image? 'mask_range' makes a mask of one"
        )
        raise UsageError(problem)
    return np.asarray(good)


def narrowed(good: npt.NDArray[np.bool_], mask: Any, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Give what is good in both: a new mask, and the one (or None) that it narrows."""
    return good if mask is None else good & as_mask(mask, "mask", shape)
