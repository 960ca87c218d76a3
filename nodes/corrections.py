"""Corrections of pixel values: flat field, noise cut, clipping, energy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Array, Frame, Scalar, Stack
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.pixels import as_stack, companion, holds

__all__ = ["adu_to_energy", "clip", "flat_field", "threshold_cut"]


@node
def flat_field(
    frame: Stack,
    flat: Frame,
    dark: Frame | None = None,
    *,
    normalize: Literal["mean", "median", "none"] = "mean",
    min_flat: Annotated[float, Meta(ge=0)] = 0.0,
    fill: float | None = None,
) -> Stack:
    """Divide images by a flat field, so that equal light gives equal counts in every pixel.

    ``(frame - dark) / response`` with ``response = (flat - dark) / mean(flat - dark)``: the usual flat-field
    correction. The mean is over the flat's good pixels, so counts stay counts, and ratios between images stay what
    they were.

    A pixel of the flat that is 0, negative, NaN or infinite says nothing about the response. Such a pixel is never
    divided by: it is left out of the mean, and the result has `fill` there, in every image. NaN in a frame stays.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    flat
        Image of an even exposure, shape (ny, nx).
    dark
        Taken off both frame and flat; shape (ny, nx), or (1, 1) for one value everywhere. Leave it out if darks
        have been subtracted already.
    normalize
        What the flat is divided by: its ``mean`` or ``median`` over good pixels, or nothing (``none``: the flat is
        the response itself).
    min_flat
        A pixel whose response is not above this is bad too; 0.1 leaves out pixels with less than a tenth of the
        normal response.
    fill
        Value of bad pixels. null: NaN.

    Returns
    -------
    Stack
        float64, the shape of the frame.

    Raises
    ------
    UsageError
        If the shapes differ, or the flat has no good pixel.

    Notes
    -----
    In a graph file::

        flat:  {type: dark, key: flat_field_uid, field: image}
        dark:  {type: dark, key: sc_dk_field_uid, field: image}
        clean: {type: flat_field, in: {frame: mean, flat: flat, dark: dark}, min_flat: 0.1}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import flat_field
    >>> frame = np.array([[110, 210, 10]], dtype="uint16")
    >>> flat = np.array([[60, 110, 10]], dtype="uint16")
    >>> dark = np.array([[10, 10, 10]], dtype="uint16")
    >>> flat_field(frame, flat, dark).tolist()
    [[150.0, 150.0, nan]]
    """
    images = as_stack(frame, "frame")
    response = np.array(companion(flat, "flat", images), dtype=np.float64)
    offset = 0.0 if dark is None else companion(dark, "dark", images)
    if dark is not None:
        response = np.subtract(response, offset, dtype=np.float64)
    response /= _norm(response, normalize)
    bad = ~((response > min_flat) & (response < np.inf))
    np.copyto(response, np.nan, where=bad)
    result: npt.NDArray[np.float64] = np.subtract(images, offset, dtype=np.float64)
    np.divide(result, response, out=result)
    if fill is not None:
        np.copyto(result, fill, where=bad)
    return result


def _norm(flat: npt.NDArray[np.float64], normalize: Literal["mean", "median", "none"]) -> float:
    good = (flat > 0) & (flat < np.inf)
    if not good.any():
        problem = f"flat has no pixel above 0 (shape {flat.shape}); is it a flat field, and the dark the right one?"
        raise UsageError(problem)
    if normalize == "none":
        return 1.0
    return float(np.mean(flat, where=good) if normalize == "mean" else np.median(flat[good]))


@node
def threshold_cut(frame: Stack, *, below: float = 1000.0, fill: float = 0.0) -> Stack:
    """Set what is below a threshold to zero: detector noise, where single photons are well above it.

    ``fill if value < below else value``, pixel by pixel; a value that is equal stays. NaN stays NaN. This is the
    noise cutter of the SACLA shot frameworks, at 1000 eV there. Give it images in the unit of the threshold
    (`adu_to_energy`).

    What is cut is gone from sums and means: they lose the noise, and the photons that were shared between pixels.

    Parameters
    ----------
    frame
        Images, shape (..., ny, nx), any numeric dtype.
    below
        Threshold, in the unit of the frame (eV, counts).
    fill
        Value of what is below.

    Returns
    -------
    Stack
        The shape of the frame. The dtype of the frame if `fill` fits in it, otherwise float64.

    Raises
    ------
    UsageError
        If something is no image.

    Notes
    -----
    In a graph file::

        energy: {type: adu_to_energy, in: clean, gain: 17.5}
        cut:    {type: threshold_cut, in: energy, below: 1000}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import threshold_cut
    >>> threshold_cut(np.array([[999.9, 1000.0, 6400.0]])).tolist()
    [[0.0, 1000.0, 6400.0]]
    """
    images = as_stack(frame, "frame")
    dtype = images.dtype if holds(images.dtype, fill) else np.dtype(np.float64)
    return np.where(images < below, dtype.type(fill), images.astype(dtype, copy=False))


def _clip_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    low, high = parameters["low"], parameters["high"]
    if low is None and high is None:
        yield "clip: give 'low', 'high' or both"
    elif low is not None and high is not None and not low <= high:
        yield f"clip: low ({low}) must not be above high ({high})"


@node(problems_of=_clip_problems)
def clip(value: Array | Scalar, *, low: float | None = None, high: float | None = None) -> Array | Scalar:
    """Bring values into a range: what is below or above is set to its border.

    ``min(max(value, low), high)``. NaN stays NaN; infinite values are clipped.

    Clipping at 0 makes the mean of a region without signal positive, by about 0.4 of its noise. Where averages
    follow, clip after them.

    Parameters
    ----------
    value
        Numbers of any shape and numeric dtype, a single one too.
    low
        Lowest value of the result, in the unit of the value. null: no limit.
    high
        Highest value of the result. null: no limit.

    Returns
    -------
    Array or Scalar
        The shape of the value. Its dtype too, unless that is an integer one that can't be a limit which matters
        (0.5, or 300 for uint8): then float64.

    Raises
    ------
    UsageError
        If neither limit is given, or they are in the wrong order.

    Notes
    -----
    In a graph file::

        positive: {type: clip, in: mean, low: 0}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import clip
    >>> clip(np.array([-3, 5, 70000]), low=0, high=65535).tolist()
    [0, 5, 65535]
    """
    problems = list(_clip_problems({"low": low, "high": high}))
    if problems:
        raise UsageError(problems[0])
    array = as_numbers(value, "value")
    bounds = [_effective(array.dtype, low, lowest=True), _effective(array.dtype, high, lowest=False)]
    dtype = array.dtype if all(holds(array.dtype, bound) for bound in bounds if bound is not None) else np.float64
    result = np.array(array, dtype=dtype)
    if bounds[0] is not None:
        np.maximum(result, result.dtype.type(bounds[0]), out=result)
    if bounds[1] is not None:
        np.minimum(result, result.dtype.type(bounds[1]), out=result)
    return result[()]


def _effective(dtype: np.dtype[Any], bound: float | None, *, lowest: bool) -> float | None:
    """Leave out a bound that no value of an integer dtype can be beyond."""
    if bound is None or dtype.kind not in "iu":
        return bound
    limits = np.iinfo(dtype)
    beyond = bound <= int(limits.min) if lowest else bound >= int(limits.max)
    return None if beyond else bound


@node
def adu_to_energy(
    frame: Array | Scalar,
    *,
    gain: Annotated[float, Meta(gt=0)],
    ev_per_electron: Annotated[float, Meta(gt=0)] = 3.65,
) -> Array | Scalar:
    """Turn detector units into the X-ray energy that was absorbed in each pixel, in eV.

    ``energy [eV] = ADU x gain [electrons/ADU] x 3.65 [eV/electron]``. The last factor is what silicon needs for an
    electron-hole pair; the gain is the detector's absolute gain (``mp_absgain`` of an MPCCD at SACLA). Divide by the
    photon energy to count photons.

    Take the dark off before: a constant offset would be turned into energy too. NaN stays NaN.

    Parameters
    ----------
    frame
        Images in ADU with the dark subtracted, or any numbers in ADU; any shape and numeric dtype.
    gain
        Electrons per ADU.
    ev_per_electron
        Mean energy per electron-hole pair, in eV; 3.65 for silicon, 2.98 for germanium.

    Returns
    -------
    Array or Scalar
        float64, the shape of the frame, in eV.

    Raises
    ------
    UsageError
        If something is no array of numbers.

    Notes
    -----
    In a graph file::

        clean:  {type: dark_subtract, in: {frame: mean, dark: dark}, clip: null}
        energy: {type: adu_to_energy, in: clean, gain: 17.5}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import adu_to_energy
    >>> adu_to_energy(np.array([[0, 100]], dtype="uint16"), gain=20).tolist()
    [[0.0, 7300.0]]
    """
    return np.multiply(as_numbers(frame, "frame"), gain * ev_per_electron, dtype=np.float64)
