"""Profiles: an image made a curve, about a centre, along a line, or over one of its axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Array, Frame, Profile
from headrace.nodes.support.arrays import as_frame, as_numbers
from headrace.nodes.support.mask_arrays import as_mask
from headrace.nodes.support.rings import ring_statistics, rings_about

__all__ = ["LineCut", "RadialProfile", "line_cut", "projection", "radial_profile"]

Pixels: TypeAlias = Annotated[float, Unit("px")]


class RadialProfile(NamedTuple):
    """What `radial_profile` gives, ring by ring."""

    mean: Profile
    """float64: mean of the ring's pixels."""
    std: Profile
    """float64: their population standard deviation."""
    count: Profile  # type: ignore[assignment]  # hides tuple.count, which nobody calls on a profile
    """int64: how many pixels there were."""
    radius: Profile
    """float64: radius of the ring, in pixels."""


class LineCut(NamedTuple):
    """What `line_cut` gives."""

    value: Profile
    """float64: the image along the line."""
    distance: Profile
    """float64: distance from the start, in pixels."""


@node
def radial_profile(
    frame: Array,
    mask: Array | None = None,
    *,
    centre: Annotated[list[Pixels], Meta(min_length=2)] | None = None,
    oversample: Annotated[float, Meta(gt=0)] = 1.0,
) -> RadialProfile:
    """Average an image over rings about a centre.

    A pixel at distance r from the centre lies in ring ``round(oversample * r)``, halves rounded to the even
    number. Of each ring: the mean, the population standard deviation (that from the ring's mean, so it is never
    the root of something negative) and the number of pixels, all in float64 from any numeric dtype. The rings are
    those of the SACLA analysis scripts; there is one entry from the centre out to the furthest pixel.

    NaN pixels and masked pixels are left out. A ring without a pixel is NaN with count 0. An infinite pixel makes
    its ring's mean infinite and its deviation NaN.

    For a geometry with tilt, q or 2 theta, use `integrate`.

    Parameters
    ----------
    frame
        Image, shape (ny, nx); leading axes of length 1 are dropped. With three numbers as `centre`, a volume, whose
        rings are shells (and so on).
    mask
        True where a pixel is good; the shape of the image.
    centre
        [y, x] in pixels, fractions allowed, counted from the middle of pixel (0, 0); it may lie outside.
        Default: shape // 2.
    oversample
        Rings per pixel.

    Returns
    -------
    RadialProfile
        ``mean``, ``std``, ``count`` and ``radius``, each of shape (rings,).

    Raises
    ------
    UsageError
        If the frame is no image, or centre or mask don't fit it.

    Notes
    -----
    Which ring a pixel lies in is worked out once for each shape and centre.

    In a graph file::

        rings: {type: radial_profile, in: clean, centre: [255.5, 511.0]}
        keep:  {type: sink, in: {profile: rings.mean, noise: rings.std, radius: rings.radius}}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import radial_profile
    >>> frame = np.array([[3, 1, 3], [1, 9, 1], [3, 1, np.nan]])
    >>> rings = radial_profile(frame)
    >>> rings.mean.round(2).tolist(), rings.count.tolist()
    ([9.0, 1.86], [1, 7])
    """
    image = as_numbers(frame, "frame")
    while image.ndim > len(centre or (0, 0)) and image.shape[0] == 1:
        image = image[0]
    middle = _centre(image.shape, centre)
    good = None if mask is None else as_mask(mask, "mask", image.shape)
    if good is not None and good.shape != image.shape:
        good = np.broadcast_to(good, image.shape)
    if image.dtype.kind == "f" and np.isnan(image).any():
        good = ~np.isnan(image) if good is None else good & ~np.isnan(image)
    mean, std, count = ring_statistics(image, rings_about(image.shape, middle, oversample), good)
    return RadialProfile(mean, std, count.copy(), np.arange(len(mean)) / oversample)


def _centre(shape: tuple[int, ...], centre: list[float] | None) -> tuple[float, ...]:
    axes = 2 if centre is None else len(centre)
    problem = ""
    if len(shape) < 2 or 0 in shape:
        problem = f"radial_profile: frame has shape {shape}; expected one image, shape (ny, nx)"
    elif len(shape) != axes:
        problem = (
            f"radial_profile: frame has shape {shape}; expected one image, shape (ny, nx): put an 'average' before "
            f"it; or, for a volume, give 'centre' a number for each axis"
        )
    elif centre is not None and not np.isfinite(centre).all():
        problem = f"radial_profile: centre is {list(centre)}; expected finite numbers"
    if problem:
        raise UsageError(problem)
    return tuple(float(points // 2) for points in shape) if centre is None else tuple(map(float, centre))


def _line_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    if list(parameters["start"]) == list(parameters["end"]):
        yield f"line_cut: start and end are the same point, {list(parameters['start'])}"


@node(problems_of=_line_problems)
def line_cut(
    frame: Frame,
    *,
    start: tuple[Pixels, Pixels],
    end: tuple[Pixels, Pixels],
    width: Annotated[int, Meta(ge=1), Unit("px")] = 1,
    how: Literal["mean", "sum"] = "mean",
) -> LineCut:
    """Read an image along a line.

    The line is divided into equal steps of at most one pixel, both ends included; at each point the image is
    interpolated linearly between its four neighbours. With a `width`, so many parallel lines, one pixel apart
    and centred on this one, are averaged or added up. (The points are those of scikit-image's ``profile_line``.)

    A point outside the image is NaN, and so is one beside a NaN pixel; with a `width`, one such point makes the
    result NaN at its distance. Nothing is left out silently.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype.
    start, end
        [y, x] of the two ends, counted from the middle of pixel (0, 0).
    width
        How many parallel lines.
    how
        Whether they are averaged or added up.

    Returns
    -------
    LineCut
        ``value`` and ``distance``, float64, shape (points,).

    Raises
    ------
    UsageError
        If the frame is no image, or start and end are the same point.

    Notes
    -----
    In a graph file::

        cut: {type: line_cut, in: clean, start: [100, 0], end: [100, 400], width: 5}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import line_cut
    >>> cut = line_cut(np.arange(20).reshape(4, 5), start=(1, 0), end=(1, 4))
    >>> cut.value.tolist(), cut.distance.tolist()
    ([5.0, 6.0, 7.0, 8.0, 9.0], [0.0, 1.0, 2.0, 3.0, 4.0])
    """
    from scipy.ndimage import map_coordinates

    image = as_frame(frame, "frame").astype(np.float64, copy=False)
    (y0, x0), (y1, x1) = start, end
    length = float(np.hypot(y1 - y0, x1 - x0))
    if not 0 < length < np.inf or image.size == 0:
        problem = f"line_cut: from {list(start)} to {list(end)} in shape {image.shape}; expected two points in an image"
        raise UsageError(problem)
    points = int(np.ceil(length)) + 1
    across = np.arange(width) - (width - 1) / 2
    y = np.linspace(y0, y1, points)[:, None] + across * (x1 - x0) / length
    x = np.linspace(x0, x1, points)[:, None] - across * (y1 - y0) / length
    values = map_coordinates(image, [y, x], order=1, mode="nearest")
    slack = 1e-9  # a point on the edge must not fall out by rounding
    ny, nx = image.shape
    values[(y < -slack) | (y > ny - 1 + slack) | (x < -slack) | (x > nx - 1 + slack)] = np.nan
    return LineCut(values.mean(axis=1) if how == "mean" else values.sum(axis=1), np.linspace(0, length, points))


@node
def projection(
    frame: Frame,
    *,
    axis: Literal["y", "x"],
    how: Literal["mean", "sum"] = "mean",
    nan: Literal["propagate", "omit"] = "propagate",
) -> Profile:
    """Average an image, or add it up, over one axis: a spectrum from a dispersed image.

    In float64, so integers never wrap; sums of integers are exact below 2**53.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype.
    axis
        The axis that goes: ``y`` gives a value for each column, shape (nx,); ``x`` one for each row, shape (ny,).
    how
        Mean or sum.
    nan
        What a NaN pixel does: ``propagate`` (its row or column becomes NaN), ``omit`` (it is left out; where
        nothing is left the result is NaN).

    Returns
    -------
    Profile
        float64.

    Raises
    ------
    UsageError
        If the frame is no image, or empty.

    Notes
    -----
    ``sum`` with ``omit`` counts fewer pixels where some are missing; ``mean`` doesn't suffer from that.

    In a graph file::

        spectrum: {type: projection, in: clean, axis: x}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import projection
    >>> projection(np.array([[1, 2], [3, 6]], dtype="uint16"), axis="x").tolist()
    [1.5, 4.5]
    """
    image = as_frame(frame, "frame")
    if image.size == 0:
        problem = f"projection: frame has shape {image.shape}; there is no pixel in it"
        raise UsageError(problem)
    over = 0 if axis == "y" else 1
    counted = ~np.isnan(image) if nan == "omit" and image.dtype.kind == "f" else np.ones(image.shape, dtype=np.bool_)
    total = np.asarray(np.sum(image, axis=over, dtype=np.float64, where=counted))
    count = np.count_nonzero(counted, axis=over)
    total[count == 0] = np.nan
    return total / np.maximum(count, 1) if how == "mean" else total
