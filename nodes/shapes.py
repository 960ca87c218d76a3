"""Images of another shape: cut out, binned, turned, mirrored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Stack
from headrace.nodes.support.pixels import Box, as_stack, box_problems, boxed, filterable

__all__ = ["crop", "flip", "rebin", "rotate", "rotate_by_angle"]

Side: TypeAlias = Annotated[int, Meta(ge=1), Unit("px")]


def _crop_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from box_problems("crop", parameters["box"])


@node(problems_of=_crop_problems)
def crop(frame: Stack, *, box: Box) -> Stack:
    """Cut a box out of images.

    ``frame[..., y0:y1, x0:x1]``: the first row and column belong to it, the last don't. Pixels are moved, not
    changed; the result is a copy, so that the rest of the image need not be kept. NaN stays NaN.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    box
        [y0, y1, x0, x1] in pixels, y first.

    Returns
    -------
    Stack
        Shape (..., y1 - y0, x1 - x0), the dtype of the frame.

    Raises
    ------
    UsageError
        If the box is empty or reaches beyond the image.

    Notes
    -----
    In a graph file::

        corner: {type: crop, in: frames, box: [0, 512, 0, 512]}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import crop
    >>> crop(np.arange(12).reshape(3, 4), box=(1, 3, 0, 2)).tolist()
    [[4, 5], [8, 9]]
    """
    return np.array(boxed(as_stack(frame, "frame"), box, "crop"), order="C")


@node
def rebin(
    frame: Stack,
    *,
    by: Side | tuple[Side, Side],
    how: Literal["sum", "mean"] = "sum",
    ragged: Literal["error", "cut"] = "error",
) -> Stack:
    """Make one pixel of several: their sum or their mean.

    Pixel (i, j) of the result is made of rows ``i * by`` to ``(i + 1) * by - 1`` and the same columns. Sums never
    wrap. A NaN makes its bin NaN.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    by
        How many pixels become one, along both axes or as [y, x].
    how
        ``sum`` keeps the counts of the image, ``mean`` their height.
    ragged
        If the image can't be divided evenly: ``error``, or ``cut`` the rows and columns at the far end that are left
        over (whose counts are lost).

    Returns
    -------
    Stack
        Shape (..., ny // by, nx // by). A mean is float64. A sum is int64 for truth values and integers up to 32
        bits, float64 for floats and 64-bit integers.

    Raises
    ------
    UsageError
        If the image can't be divided evenly and ``ragged`` is ``error``, or is smaller than one bin.

    Notes
    -----
    In a graph file::

        small: {type: rebin, in: frames, by: 2}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import rebin
    >>> rebin(np.full((2, 4), 65535, dtype="uint16"), by=2).tolist()
    [[262140, 262140]]
    """
    images = as_stack(frame, "frame")
    by_y, by_x = by if isinstance(by, tuple | list) else (by, by)
    ny, nx = _bins(images.shape, by_y, by_x, ragged)
    narrow = images.dtype.kind in "biu" and images.dtype.itemsize <= 4
    dtype = np.dtype(np.int64 if narrow and how == "sum" else np.float64)
    images = images[..., : ny * by_y, : nx * by_x]
    rows = _added([images[..., start::by_y, :] for start in range(by_y)], dtype)
    result = _added([rows[..., start::by_x] for start in range(by_x)], dtype)
    if how == "mean":
        result /= by_y * by_x
    return result


def _bins(shape: tuple[int, ...], by_y: int, by_x: int, ragged: str) -> tuple[int, int]:
    ny, nx = shape[-2] // by_y, shape[-1] // by_x
    if ny == 0 or nx == 0:
        problem = f"frame has images of shape {shape[-2:]}, smaller than one bin of {by_y} x {by_x} pixels"
        raise UsageError(problem)
    if ragged == "error" and (shape[-2] % by_y or shape[-1] % by_x):
        problem = (
            f"frame has images of shape {shape[-2:]}, which bins of {by_y} x {by_x} pixels don't divide evenly; "
            f"'crop' it, or set 'ragged: cut' to lose what is left over"
        )
        raise UsageError(problem)
    return ny, nx


def _added(parts: list[npt.NDArray[Any]], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Add arrays up: whole rows at a time, which is several times faster than a sum over a short last axis."""
    total = parts[0].astype(dtype, order="C")
    for part in parts[1:]:
        np.add(total, part, out=total, casting="unsafe")
    return total


@node
def flip(frame: Stack, *, axis: Literal["y", "x"]) -> Stack:
    """Mirror images.

    ``axis: y`` puts the last row first (upside down), ``axis: x`` the last column (left to right). Pixels are moved,
    not changed; the result is a copy. NaN stays NaN.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    axis
        The axis that is reversed.

    Returns
    -------
    Stack
        The shape and dtype of the frame.

    Raises
    ------
    UsageError
        If something is no image.

    Notes
    -----
    In a graph file::

        upright: {type: flip, in: frames, axis: y}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import flip
    >>> flip(np.array([[1, 2], [3, 4]]), axis="y").tolist()
    [[3, 4], [1, 2]]
    """
    return np.array(np.flip(as_stack(frame, "frame"), axis=-2 if axis == "y" else -1), order="C")


@node
def rotate(frame: Stack, *, quarter_turns: int) -> Stack:
    """Turn images by quarter turns.

    As ``numpy.rot90``: counterclockwise in a picture whose row 0 is at the top. Pixels are moved, not changed; the
    result is a copy. NaN stays NaN. For other angles there is `rotate_by_angle`.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    quarter_turns
        How many turns by 90 degrees; negative: clockwise.

    Returns
    -------
    Stack
        Shape (..., nx, ny) for an odd number of turns, otherwise that of the frame; the dtype of the frame.

    Raises
    ------
    UsageError
        If something is no image.

    Notes
    -----
    In a graph file::

        turned: {type: rotate, in: frames, quarter_turns: 1}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import rotate
    >>> rotate(np.array([[1, 2], [3, 4]]), quarter_turns=1).tolist()
    [[2, 4], [1, 3]]
    """
    return np.array(np.rot90(as_stack(frame, "frame"), quarter_turns, axes=(-2, -1)), order="C")


@node
def rotate_by_angle(
    frame: Stack,
    *,
    angle: Annotated[float, Unit("deg")],
    interpolation: Literal["linear", "nearest"] = "linear",
    fill: float | None = None,
) -> Stack:
    """Turn images by any angle around their centre.

    ``scipy.ndimage.rotate`` with the shape kept: counterclockwise in a picture whose row 0 is at the top, around the
    point ((ny - 1) / 2, (nx - 1) / 2). What comes from beyond the image is `fill`; what leaves it is lost.

    Linear interpolation smooths noise and keeps sums only roughly; for multiples of 90 degrees take `rotate`. With
    it, a NaN makes all pixels NaN that it has a part in.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    angle
        Angle of the turn; negative: clockwise.
    interpolation
        ``linear`` between the four nearest pixels, or the ``nearest`` one.
    fill
        Value of what comes from beyond the image. null: NaN.

    Returns
    -------
    Stack
        float64, the shape of the frame.

    Raises
    ------
    UsageError
        If something is no image.

    Notes
    -----
    In a graph file::

        straight: {type: rotate_by_angle, in: mean, angle: 1.5}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import rotate_by_angle
    >>> rotate_by_angle(np.array([[1, 2, 3]]), angle=180).tolist()
    [[3.0, 2.0, 1.0]]
    """
    from scipy import ndimage

    images = filterable(as_stack(frame, "frame"))
    turned: npt.NDArray[np.float64] = ndimage.rotate(
        images,
        angle,
        axes=(-1, -2),
        reshape=False,
        output=np.float64,
        order=1 if interpolation == "linear" else 0,
        mode="constant",
        cval=np.nan if fill is None else fill,
        prefilter=False,
    )
    return turned
