"""Images: averaging frames, subtracting a dark."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from headrace.engine.model.constraints import Meta
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Frame, Stack
from headrace.nodes.support.arrays import as_frame, sum_of_frames

__all__ = ["average", "dark_subtract"]


@node
def average(frames: Stack) -> Frame:
    """Average all images of an event into one.

    The arithmetic mean over all axes but the last two, in float64: equal, bit for bit, to
    ``numpy.mean(frames, axis=…, dtype="float64")``. So unsigned integers never wrap and integers are never
    rounded. One image is copied to float64.

    A NaN makes its pixel NaN in the result. Nothing is left out silently.

    Parameters
    ----------
    frames
        Images of any numeric dtype, shape (..., ny, nx): one frame, several frames per event, or more axes.

    Returns
    -------
    Frame
        float64, shape (ny, nx), in the unit of the frames.

    Raises
    ------
    UsageError
        If there are fewer than two axes, no image at all, or no real numbers.

    Notes
    -----
    In a graph file::

        frames: {type: source, field: image}
        mean:   {type: average, in: frames}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import average
    >>> frames = np.array([[[65535, 0]], [[65534, 1]]], dtype="uint16")
    >>> average(frames).tolist()
    [[65534.5, 0.5]]
    """
    total, count = sum_of_frames(frames, "frames")
    total /= count
    return total


@node
def dark_subtract(
    frame: Frame,
    dark: Frame,
    *,
    scale: Annotated[float, Meta(ge=0)] = 1.0,
    pedestal: float = 0.0,
    clip: float | None = 0.0,
) -> Frame:
    """Subtract a dark (or an exposure at an empty point) from an image.

    ``max(frame - scale * (dark - pedestal), clip)``, always in float64: unsigned integers never wrap. This is
    the subtraction of the crystal mapping and total scattering pipelines at NSLS-II; there the result is clipped
    too, so that noise does not make counts negative. `pedestal` is the constant offset that a detector adds to
    every exposure, the dark included: it is taken out of the dark, so it stays in the result.

    Clipping biases the mean of an empty region upwards by about 0.4 of its noise; give ``clip: null`` where
    averages follow. A NaN in either image stays NaN.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype.
    dark
        Image of the same shape, or of shape (1, 1): one value everywhere.
    scale
        Factor on the dark, such as a ratio of exposure times.
    pedestal
        Constant in the dark that is left in the result, in counts.
    clip
        Lowest value of the result, in counts; what lies below is raised to it. null: no clipping.

    Returns
    -------
    Frame
        float64, shape (ny, nx).

    Raises
    ------
    UsageError
        If the shapes differ, or something is no image.

    Notes
    -----
    In a graph file::

        dark:  {type: dark, key: sc_dk_field_uid, field: image}
        clean: {type: dark_subtract, in: {frame: mean, dark: dark}, clip: 0}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import dark_subtract
    >>> frame = np.array([[5, 200]], dtype="uint16")
    >>> dark = np.array([[10, 10]], dtype="uint16")
    >>> dark_subtract(frame, dark).tolist()
    [[0.0, 190.0]]
    >>> dark_subtract(frame, dark, clip=None, scale=0.5).tolist()
    [[0.0, 195.0]]
    """
    image, offset = as_frame(frame, "frame"), as_frame(dark, "dark")
    if offset.shape not in (image.shape, (1, 1)):
        problem = (
            f"frame has shape {image.shape} and dark has shape {offset.shape}; "
            f"expected the same shape: were they taken with the same detector, region and binning?"
        )
        raise UsageError(problem)
    if scale != 1 or pedestal != 0:
        offset = np.subtract(offset, pedestal, dtype=np.float64)
        offset *= scale
    result: Frame = np.subtract(image, offset, dtype=np.float64)
    if clip is not None:
        np.maximum(result, clip, out=result)
    return result
