"""Finding the bad pixels of a diffraction image by its own symmetry (extra ``headrace[xrd]``)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Frame, Metadata
from headrace.nodes.support.arrays import as_frame
from headrace.nodes.support.mask_arrays import as_mask
from headrace.nodes.support.pyfai import require_pyfai, rings_of
from headrace.nodes.support.rings import ring_outliers

__all__ = ["auto_mask"]


class AutoMask:
    """Mask the bad pixels of a diffraction image: its edge, too low, too high, and unlike the rest of their ring.

    The automatic mask of the total scattering pipelines at NSLS-II. A pixel is good if all of this holds:

    * it is no NaN or infinity, and good in the `mask` that comes in, if one does;
    * it is `edge` pixels or more away from the edge;
    * its value is from `lower` to `upper`;
    * it is within `alpha` standard deviations of the median of its ring, both taken over those pixels of the ring
      that pass the tests above.

    A ring has one 2 theta, and is about a pixel wide: there are as many, equally wide, as there are pixels from
    the beam to the furthest corner. One pass: bad pixels widen the standard deviation that they are judged by, so
    a ring with many of them, or with fewer than ten pixels, keeps some. Of a textured or single-crystal sample
    the spots go too; give ``alpha: null`` there.

    There, a lower limit of 0 was never applied; here it is. Without the limit, give ``lower: null``.

    Parameters
    ----------
    edge
        Width of the frame at the edge that is masked, in pixels.
    lower, upper
        Lowest and highest good value. null: no limit.
    alpha
        How many standard deviations. null: rings are not looked at (and no geometry is needed to be right).
    when
        ``each``: a mask for each image. ``first``: that of the run's first image is kept (until the shape of the
        images changes), which is faster by far, for the integration after it too.

    Raises
    ------
    UsageError
        If the frame is no image, has not the shape of the detector, or the edge leaves nothing.
    MissingExtraError
        If pyFAI is not installed (``pip install 'headrace[xrd]'``).

    Notes
    -----
    The mask is an image of truth values, True where a pixel is good.

    In a graph file::

        where: {type: geometry}
        good:  {type: auto_mask, in: {frame: clean, geometry: where}, edge: 30, lower: 0, when: first}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import auto_mask
    >>> where = {"dist": 0.1, "poni1": 0.02, "poni2": 0.02, "pixel1": 1e-3, "pixel2": 1e-3}
    >>> frame = np.full((40, 40), 100)
    >>> frame[5, 20], frame[30, 10] = 5000, -1
    >>> good = auto_mask(edge=0, lower=0).update(frame, where)
    >>> np.argwhere(~good).tolist()
    [[5, 20], [30, 10]]
    """

    def __init__(
        self,
        *,
        edge: Annotated[int, Meta(ge=0), Unit("px")] = 30,
        lower: float | None = None,
        upper: float | None = None,
        alpha: Annotated[float, Meta(gt=0)] | None = 3.0,
        when: Literal["each", "first"] = "each",
    ) -> None:
        self._edge, self._lower, self._upper, self._alpha = edge, lower, upper, alpha
        self._keeps = when == "first"
        self._kept: npt.NDArray[np.bool_] | None = None

    def update(self, frame: Frame, geometry: Metadata, mask: Frame | None = None) -> Frame:
        """Give the mask for an image.

        Parameters
        ----------
        frame
            Image, shape (ny, nx), any numeric dtype; best after `polarization`.
        geometry
            Where the detector stands, as the node `geometry` gives it.
        mask
            Pixels that are known to be bad are False here; they are bad in the result, and judge no others.

        Returns
        -------
        Frame
            bool, shape (ny, nx), True where a pixel is good; read-only.
        """
        image = as_frame(frame, "frame")
        if self._kept is not None and self._kept.shape == image.shape:
            return self._kept
        good = self._within_limits(image)
        if mask is not None:
            good &= as_mask(mask, "mask", image.shape)
        if self._alpha is not None:
            require_pyfai("auto_mask")
            good &= ~ring_outliers(image, rings_of(geometry, image.shape), good, self._alpha)
        good.flags.writeable = False
        if self._keeps:
            self._kept = good
        return good

    def _within_limits(self, image: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        if 2 * self._edge >= min(image.shape):
            problem = f"auto_mask: an edge of {self._edge} px leaves nothing of a frame of shape {image.shape}"
            raise UsageError(problem)
        good = np.zeros(image.shape, dtype=np.bool_)
        inner = np.s_[self._edge : image.shape[0] - self._edge, self._edge : image.shape[1] - self._edge]
        good[inner] = np.isfinite(image[inner])
        if self._lower is not None:
            good &= image >= self._lower
        if self._upper is not None:
            good &= image <= self._upper
        return good


auto_mask = node_class(AutoMask)
