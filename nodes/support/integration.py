"""One integration by pyFAI: the image and mask made fit for it, its settings, its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.arrays import as_frame
from headrace.nodes.support.mask_arrays import as_mask
from headrace.nodes.support.pixels import filterable
from headrace.nodes.support.pyfai import integrator, require_pyfai

__all__ = ["Settings", "integrate_image"]


class Settings(NamedTuple):
    """What decides how is integrated. Equal settings share an integrator."""

    name: str
    npt: int | None
    npt_azimuth: int | None
    unit: str
    method: tuple[str, str, str]
    polarization_factor: float | None
    solid_angle: bool
    radial_range: tuple[float, float] | None
    azimuth_range: tuple[float, float] | None
    error_model: str | None = None


def integrate_image(frame: Any, geometry: Mapping[str, Any], mask: Any, settings: Settings) -> Any:
    """Give pyFAI's answer for an image.

    Parameters
    ----------
    frame, mask
        The image, and True where it is good, or None.
    geometry
        As the node `geometry` gives it.
    settings
        How; without `npt_azimuth` in one dimension.

    Raises
    ------
    UsageError
        If the frame or mask doesn't fit, or q is asked for without a wavelength.
    """
    require_pyfai(settings.name)
    image = as_frame(frame, "frame")
    settings = _hashable(settings)
    good = None if mask is None else as_mask(mask, "mask", image.shape)
    if settings.unit.startswith(("q", "d*2", "log")) and not geometry.get("wavelength"):
        problem = f"{settings.name}: {settings.unit} needs the wavelength, which the geometry hasn't; use 2th_deg"
        raise UsageError(problem)
    shared = integrator(geometry, image.shape, settings)
    return shared.use(lambda made: _integrated(made, np.ascontiguousarray(filterable(image)), good, settings))


def _hashable(settings: Settings) -> Settings:
    """Give the settings with tuples for lists, so that they can be a key."""
    return Settings._make(tuple(part) if isinstance(part, list) else part for part in settings)


def _integrated(made: Any, image: npt.NDArray[Any], good: npt.NDArray[np.bool_] | None, settings: Settings) -> Any:
    common = {
        "unit": settings.unit,
        "method": settings.method,
        "polarization_factor": settings.polarization_factor,
        "correctSolidAngle": settings.solid_angle,
        "radial_range": settings.radial_range,
        "azimuth_range": settings.azimuth_range,
        "error_model": settings.error_model,
        "mask": _masked(made, good, settings.name),
    }
    points = settings.npt or max(int(made.guess_npt_rad()), 1)
    if settings.npt_azimuth is None:
        return made.integrate1d(image, points, **common)
    return made.integrate2d(image, points, settings.npt_azimuth, **common)


def _masked(made: Any, good: npt.NDArray[np.bool_] | None, name: str) -> npt.NDArray[np.int8] | None:
    """Give the mask as pyFAI wants it, 1 where a pixel is bad, with the gaps of the detector."""
    if good is None:
        return None
    bad = ~good
    if made.detector.mask is not None:
        bad |= made.detector.mask.astype(np.bool_)
    if bad.all():
        problem = f"{name}: the mask leaves no good pixel"
        raise UsageError(problem)
    return bad.astype(np.int8)
