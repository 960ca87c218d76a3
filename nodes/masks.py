"""Masks: which pixels are good. In every mask True is good; a masked pixel is False."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node, source_node
from headrace.engine.model.ports import Cadence, Frame, Stack
from headrace.nodes.support.arrays import as_frame
from headrace.nodes.support.files_read import image_file
from headrace.nodes.support.image_files import read_images
from headrace.nodes.support.mask_arrays import as_mask, narrowed
from headrace.nodes.support.pixels import as_stack, holds
from headrace.nodes.support.polygons import Vertices, inside_polygon, polygon_problems

__all__ = ["apply_mask", "combine_masks", "mask_edges", "mask_file", "mask_polygon", "mask_range"]


@source_node(cadence_of=lambda parameters: Cadence.RUN, files_of=image_file)
def mask_file(*, file: str, bad: Literal["zero", "nonzero"] = "zero") -> Frame:
    """Read a mask from a file, once per run.

    In the result True is good, as in every mask here. **Files don't agree on that**: pyFAI, fabio and fit2d mark
    what is bad with 1, so their masks need ``bad: nonzero``. NaN in a file is bad either way.

    Parameters
    ----------
    file
        Path of a ``.npy``, ``.npz``, ``.tif``, ``.tiff`` or HDF5 file, from the working directory; ``path:name``
        picks an array in a ``.npz`` or HDF5 file.
    bad
        What marks bad pixels in the file: ``zero``, or anything else (``nonzero``).

    Returns
    -------
    Frame
        bool, shape (ny, nx): True is good.

    Raises
    ------
    NotReachableError
        If there is no such file.
    DocumentError
        If the file is of another kind, broken, or has no such array.
    UsageError
        If it holds no single image of numbers.

    Notes
    -----
    In a graph file::

        mask:  {type: mask_file, file: masks/pilatus.tif, bad: nonzero}
        clean: {type: apply_mask, in: {frame: mean, mask: mask}}

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from headrace.nodes import mask_file
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/mask.npy", [[0, 0, 1]])
    ...     mask_file.node_type.target(file=f"{folder}/mask.npy", bad="nonzero").tolist()
    [[True, True, False]]
    """
    array = read_images(file)
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    image = as_frame(array, file)
    good = np.asarray(image != 0 if bad == "zero" else image == 0)
    if image.dtype.kind == "f":
        good &= ~np.isnan(image)
    return good


def _range_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    low, high = parameters["low"], parameters["high"]
    if low is None and high is None:
        yield "mask_range: give 'low', 'high' or both"
    elif low is not None and high is not None and not low <= high:
        yield f"mask_range: low ({low}) must not be above high ({high})"


@node(problems_of=_range_problems)
def mask_range(
    frame: Stack, mask: Stack | None = None, *, low: float | None = None, high: float | None = None
) -> Stack:
    """Mask pixels by their value: True (good) in a range, its ends included.

    Dead pixels of a flat, saturated ones of an image. NaN is masked. A limit of 0 is a limit.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    mask
        A mask to narrow: what it masks stays masked.
    low
        Lowest good value, in the unit of the frame. null: no limit.
    high
        Highest good value. null: no limit.

    Returns
    -------
    Stack
        bool, the shape of the frame: True is good.

    Raises
    ------
    UsageError
        If neither limit is given, or they are in the wrong order; or the mask's shape is another.

    Notes
    -----
    In a graph file::

        mask: {type: mask_range, in: dark, low: 0, high: 500}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import mask_range
    >>> mask_range(np.array([[-1, 0, 500, 501]]), low=0, high=500).tolist()
    [[False, True, True, False]]
    """
    problems = list(_range_problems({"low": low, "high": high}))
    if problems:
        raise UsageError(problems[0])
    images = as_stack(frame, "frame")
    good = np.ones(images.shape, dtype=np.bool_) if low is None else np.asarray(images >= low)
    if high is not None:
        good &= images <= high
    if low is None and images.dtype.kind == "f":
        good &= ~np.isnan(images)
    return narrowed(good, mask, images.shape)


@node
def mask_edges(frame: Frame, mask: Frame | None = None, *, edge: Annotated[int, Meta(ge=0), Unit("px")] = 30) -> Frame:
    """Mask the margin of a detector: True (good) at least `edge` pixels from each side.

    Parameters
    ----------
    frame
        An image (or a mask) of the detector; only its shape matters. For a mask that is made once per run, give
        what is known once per run: a dark.
    mask
        A mask to narrow: what it masks stays masked.
    edge
        Width of the margin on each of the four sides.

    Returns
    -------
    Frame
        bool, shape (ny, nx): True is good.

    Raises
    ------
    UsageError
        If the margin leaves nothing, or the mask's shape is another.

    Notes
    -----
    In a graph file::

        mask: {type: mask_edges, in: dark, edge: 10}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import mask_edges
    >>> mask_edges(np.zeros((3, 4)), edge=1).astype(int).tolist()
    [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    shape = as_stack(frame, "frame").shape[-2:]
    if 2 * edge >= min(shape):
        problem = f"mask_edges: a margin of {edge} px on each side leaves nothing of an image of shape {shape}"
        raise UsageError(problem)
    good = np.zeros(shape, dtype=np.bool_)
    good[edge : shape[0] - edge, edge : shape[1] - edge] = True
    return narrowed(good, mask, shape)


def _polygon_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from polygon_problems("mask_polygon", parameters["polygon"])


@node(problems_of=_polygon_problems)
def mask_polygon(
    frame: Frame, mask: Frame | None = None, *, polygon: Vertices, good: Literal["outside", "inside"] = "outside"
) -> Frame:
    """Mask a polygon, such as the shadow of a beam stop and its arm: True (good) outside of it.

    A pixel is inside if its centre is, by the even-odd rule; pixel (0, 0) has its centre at (0, 0). A centre exactly
    on the border belongs to the side of larger y, then of larger x: polygons that share an edge share no pixel and
    leave none out, and the rectangle from (y0, x0) to (y1, x1) is ``image[y0:y1, x0:x1]``. Parts of the polygon may
    lie beyond the image.

    Parameters
    ----------
    frame
        An image (or a mask) of the detector; only its shape matters. For a mask that is made once per run, give
        what is known once per run: a dark.
    mask
        A mask to narrow: what it masks stays masked. So several polygons can follow each other.
    polygon
        Corners [y, x] in pixels, at least three, in order.
    good
        Which side is good: ``outside`` or ``inside``.

    Returns
    -------
    Frame
        bool, shape (ny, nx): True is good.

    Raises
    ------
    UsageError
        If a corner is not finite, or the mask's shape is another.

    Notes
    -----
    In a graph file::

        stop: {type: mask_polygon, in: dark, polygon: [[500, 500], [500, 540], [1023, 545], [1023, 495]]}
        mask: {type: mask_edges, in: {frame: dark, mask: stop}, edge: 10}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import mask_polygon
    >>> mask_polygon(np.zeros((3, 4)), polygon=[(1, 1), (1, 3), (3, 3), (3, 1)]).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1]]
    """
    problems = polygon_problems("mask_polygon", polygon)
    if problems:
        raise UsageError(problems[0])
    shape = as_stack(frame, "frame").shape[-2:]
    inside = inside_polygon(polygon, shape)
    return narrowed(inside.copy() if good == "inside" else ~inside, mask, shape)


@node
def combine_masks(*, how: Literal["all", "any"] = "all", **masks: Stack) -> Stack:
    """Make one mask of several: True (good) where all of them are good.

    Parameters
    ----------
    how
        ``all``: good where every mask is; ``any``: good where at least one is.
    **masks
        Masks of one shape, or of shape (ny, nx) beside some of shape (..., ny, nx). True is good; the numbers 0 and
        1 will do.

    Returns
    -------
    Stack
        bool: True is good.

    Raises
    ------
    UsageError
        If there is no mask, one holds other numbers than 0 and 1, or the shapes differ.

    Notes
    -----
    In a graph file::

        edges: {type: mask_edges, in: dark}
        hot:   {type: hot_pixels, in: dark}
        mask:  {type: combine_masks, in: [edges, hot]}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import combine_masks
    >>> combine_masks(edges=np.array([[True, False]]), hot=np.array([[True, True]])).tolist()
    [[True, False]]
    """
    given = {name: as_mask(mask, name) for name, mask in masks.items()}
    if not given:
        problem = "combine_masks: which masks? Connect at least one, such as 'in: [edges, hot]'"
        raise UsageError(problem)
    shape = max((mask.shape for mask in given.values()), key=len)
    result = np.full(shape, how == "all", dtype=np.bool_)
    for name, mask in given.items():
        (np.logical_and if how == "all" else np.logical_or)(result, as_mask(mask, name, shape), out=result)
    return result


@node
def apply_mask(frame: Stack, mask: Stack, *, fill: float | None = None) -> Stack:
    """Set masked pixels to NaN, or to another value; good pixels (True in the mask) stay as they are.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    mask
        Mask of shape (ny, nx), or one for each image: True is good; the numbers 0 and 1 will do.
    fill
        Value of masked pixels, in the unit of the frame. null: NaN.

    Returns
    -------
    Stack
        The shape of the frame. Its dtype too if the fill fits in it; otherwise float64: an integer image becomes
        float64 for NaN and stays as it is for 0.

    Raises
    ------
    UsageError
        If the shapes differ, or the mask is none.

    Notes
    -----
    In a graph file::

        clean: {type: apply_mask, in: {frame: mean, mask: mask}}
        zero:  {type: apply_mask, in: {frame: frames, mask: mask}, fill: 0}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import apply_mask
    >>> apply_mask(np.array([[7, 9]]), np.array([[True, False]])).tolist()
    [[7.0, nan]]
    """
    images = as_stack(frame, "frame")
    good = as_mask(mask, "mask", images.shape)
    value = np.nan if fill is None else fill
    result = np.array(images, dtype=images.dtype if holds(images.dtype, value) else np.float64)
    np.copyto(result, value, where=~good, casting="unsafe")
    return result
