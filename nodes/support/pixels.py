"""What nodes on pixels share: stacks of images, boxes, the dtype that holds a result, images that fit each other."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.nodes.support.arrays import as_frame, as_numbers

__all__ = ["Box", "as_stack", "box_problems", "boxed", "companion", "filterable", "holds"]

Index: TypeAlias = Annotated[int, Meta(ge=0), Unit("px")]
Box: TypeAlias = tuple[Index, Index, Index, Index]
"""(y0, y1, x0, x1) in pixels: rows y0 to y1 - 1, columns x0 to x1 - 1, as in ``image[y0:y1, x0:x1]``."""


def as_stack(value: Any, what: str) -> npt.NDArray[Any]:
    """Give a value as images, shape (..., ny, nx), with at least one pixel.

    Raises
    ------
    UsageError
        If it has fewer than two axes, or nothing in it.

    Examples
    --------
    >>> as_stack([[1, 2, 3]], "frame").shape
    (1, 3)
    """
    array = as_numbers(value, what)
    if array.ndim < 2 or array.size == 0:
        why = "expected images, shape (..., ny, nx)" if array.ndim < 2 else "there is no pixel in it"
        problem = f"{what} has shape {array.shape}; {why}"
        raise UsageError(problem)
    return array


def companion(value: Any, what: str, images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give an image that goes with each of some images: of their shape (ny, nx), or (1, 1) for one value everywhere.

    Raises
    ------
    UsageError
        If its shape is another.

    Examples
    --------
    >>> companion([[7]], "dark", np.zeros((5, 2, 3))).shape
    (1, 1)
    """
    image = as_frame(value, what)
    if image.shape not in (images.shape[-2:], (1, 1)):
        problem = (
            f"frame has images of shape {images.shape[-2:]} and {what} has shape {image.shape}; expected the same "
            f"shape: were they taken with the same detector, region and binning?"
        )
        raise UsageError(problem)
    return image


def holds(dtype: np.dtype[Any], number: float) -> bool:
    """Tell whether values of a dtype can be this number: a whole one in the range of integers; within floats' range.

    Examples
    --------
    >>> [holds(np.dtype("uint8"), number) for number in (0.0, 255, 256, -1, 0.5, float("nan"))]
    [True, True, False, False, False, False]
    """
    if dtype.kind == "f":
        return not np.isfinite(number) or abs(number) <= float(np.finfo(dtype).max)
    if dtype.kind == "b":
        return number in (0, 1)
    limits = np.iinfo(dtype)
    return bool(np.isfinite(number)) and number == int(number) and int(limits.min) <= number <= int(limits.max)


def filterable(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give images in a dtype that scipy's filters know: native, floats of 32 or 64 bits, no truth values.

    Examples
    --------
    >>> filterable(np.ones((2, 2), dtype=">f2")).dtype, filterable(np.ones((2, 2), dtype=bool)).dtype
    (dtype('float32'), dtype('uint8'))
    """
    kind, size = images.dtype.kind, images.dtype.itemsize
    if kind == "b":
        return images.astype(np.uint8)
    if kind == "f":
        return images.astype(np.float32 if size <= 4 else np.float64, copy=False)
    return images.astype(images.dtype.newbyteorder("="), copy=False)


def box_problems(name: str, box: Box | list[int] | None) -> list[str]:
    """Say what is wrong with the order of a box's numbers.

    Examples
    --------
    >>> box_problems("crop", (4, 4, 0, 2))
    ['crop: box [4, 4, 0, 2] is empty; expected y0 < y1 and x0 < x1 in [y0, y1, x0, x1]']
    """
    if box is None or (box[0] < box[1] and box[2] < box[3]):
        return []
    return [f"{name}: box {list(box)} is empty; expected y0 < y1 and x0 < x1 in [y0, y1, x0, x1]"]


def boxed(images: npt.NDArray[Any], box: Box, name: str) -> npt.NDArray[Any]:
    """Give a view of a box of each image.

    Raises
    ------
    UsageError
        If the box is empty or reaches beyond the image: to cut it silently would change what is measured.
    """
    y0, y1, x0, x1 = box
    ny, nx = images.shape[-2:]
    problems = box_problems(name, box)
    if not problems and (y1 > ny or x1 > nx):
        problems = [f"{name}: box {list(box)} reaches beyond the image, which has shape {(ny, nx)}"]
    if problems or min(box) < 0:
        raise UsageError("; ".join(problems) or f"{name}: box {list(box)} has negative numbers")
    return images[..., y0:y1, x0:x1]
