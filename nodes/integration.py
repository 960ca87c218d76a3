"""Azimuthal integration of diffraction images with pyFAI (extra ``headrace[xrd]``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from headrace.engine.model.constraints import Meta
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node
from headrace.engine.model.ports import Frame, Metadata, Profile
from headrace.nodes.support.integration import Settings, integrate_image

__all__ = ["Cake", "Integrated", "integrate", "integrate_2d"]

RadialUnit: TypeAlias = Literal[
    "q_A^-1", "q_nm^-1", "2th_deg", "2th_rad", "r_mm", "r_m", "d*2_A^-2", "d*2_nm^-2", "log(1+q.A)_None"
]
Method: TypeAlias = tuple[
    Literal["no", "bbox", "full"], Literal["csr", "histogram", "lut", "csc"], Literal["cython", "python"]
]
Span: TypeAlias = tuple[float, float]
Points: TypeAlias = Annotated[int, Meta(ge=1)]
Factor: TypeAlias = Annotated[float, Meta(ge=-1, le=1)]


class Integrated(NamedTuple):
    """What `integrate` gives."""

    x: Profile
    """float64: the middle of each bin, in the unit that was asked for."""
    intensity: Profile
    """float64: mean intensity; NaN where no pixel fell."""
    sigma: Profile
    """float64: its standard error; NaN without an error model."""


class Cake(NamedTuple):
    """What `integrate_2d` gives."""

    intensity: Frame
    """float64, shape (npt_azimuth, npt): mean intensity; NaN where no pixel fell."""
    radial: Profile
    """float64, shape (npt,): the middle of each bin."""
    azimuth: Profile
    """float64, shape (npt_azimuth,): the middle of each bin, in degrees."""


def _problems(parameters: Mapping[str, Any]) -> Iterable[str]:
    for name in ("radial_range", "azimuth_range"):
        span = parameters.get(name)
        if span is not None and not span[0] < span[1]:
            yield f"{name} is {list(span)}; expected [low, high] with low < high"
    split, algorithm, implementation = parameters["method"]
    needs_cython = algorithm == "lut" or (algorithm == "histogram" and split != "no")
    if needs_cython and implementation == "python":
        yield f"pyFAI has no method {[split, algorithm, implementation]}; expected such as [bbox, csr, cython]"


@node(problems_of=_problems)
def integrate(
    frame: Frame,
    geometry: Metadata,
    mask: Frame | None = None,
    *,
    npt: Points | None = None,
    unit: RadialUnit = "q_A^-1",
    method: Method = ("bbox", "csr", "cython"),
    polarization_factor: Factor | None = None,
    solid_angle: bool = True,
    radial_range: Span | None = None,
    azimuth_range: Span | None = None,
    error_model: Literal["poisson", "azimuthal"] | None = None,
) -> Integrated:
    """Integrate a diffraction image over the azimuth: intensity against q, or the scattering angle.

    pyFAI's ``integrate1d`` [1]_, with the same numbers bit for bit: the sum of the pixels of each bin over the sum
    of their normalisations (solid angle, polarisation), pixels split between bins by `method`. Only empty bins
    differ: they are NaN here, since no data is not zero.

    Masked and NaN pixels are left out, also those that the detector itself is known not to have (gaps). pyFAI
    computes in float32 pixels, so integers beyond 2**24 are rounded.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype.
    geometry
        Where the detector stands, as the node `geometry` gives it. q needs its wavelength.
    mask
        True where a pixel is good. (pyFAI's own masks say the opposite.)
    npt
        Number of bins. Default: as many as there are pixels from the beam to the furthest corner.
    unit
        What x is: q in 1/Å or 1/nm, 2 theta, radius, (1/d)².
    method
        [how pixels are split, algorithm, implementation], in pyFAI's words. ``histogram`` is the better algorithm
        if the mask changes with each event; the others then build their matrix each time anew.
    polarization_factor
        Corrects for polarisation as the node `polarization` does. null: not.
    solid_angle
        Whether to correct for the solid angle of each pixel.
    radial_range
        [low, high] of x, in its unit. Default: that of the good pixels.
    azimuth_range
        [low, high] of the azimuth in degrees, from -180 to 180. Default: all.
    error_model
        ``poisson`` (the variance of a pixel is its value) or ``azimuthal`` (the variance within a bin). null: no
        errors.

    Returns
    -------
    Integrated
        ``x``, ``intensity`` and ``sigma``, float64, shape (npt,).

    Raises
    ------
    UsageError
        If the frame or mask has not the shape of the detector, no pixel is good, or a wavelength is missing.
    MissingExtraError
        If pyFAI is not installed (``pip install 'headrace[xrd]'``).

    Notes
    -----
    The integrator is built once for a geometry, shape, mask and settings. That takes ten times as long as one
    integration with it.

    What total scattering pipelines do next, S(Q), F(Q) and G(r) with PDFgetX3, is left out: that program is
    proprietary.

    In a graph file::

        where:   {type: geometry, file: LaB6.poni}
        good:    {type: auto_mask, in: {frame: clean, geometry: where}, when: first}
        profile: {type: integrate, in: {frame: clean, geometry: where, mask: good}, npt: 2000}
        keep:    {type: sink, in: {q: profile.x, intensity: profile.intensity}}

    .. [1] G. Ashiotis et al., J. Appl. Cryst. 48 (2015) 510, doi:10.1107/S1600576715004306

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import integrate
    >>> where = {"dist": 0.1, "poni1": 0.05, "poni2": 0.05, "pixel1": 1e-3, "pixel2": 1e-3, "wavelength": 1e-10}
    >>> found = integrate(np.full((100, 100), 7), where, npt=4, unit="2th_deg", solid_angle=False)
    >>> found.x.round(1).tolist(), found.intensity.tolist()
    ([4.4, 13.2, 22.0, 30.9], [7.0, 7.0, 7.0, 7.0])
    """
    settings = Settings(
        "integrate", npt, None, unit, method, polarization_factor, solid_angle, radial_range, azimuth_range, error_model
    )
    _refuse(settings)
    found = integrate_image(frame, geometry, mask, settings)
    x, intensity = (np.array(part, dtype=np.float64) for part in (found.radial, found.intensity))
    sigma = np.full_like(x, np.nan) if found.sigma is None else np.array(found.sigma, dtype=np.float64)
    return Integrated(x, intensity, sigma)


@node(problems_of=_problems)
def integrate_2d(
    frame: Frame,
    geometry: Metadata,
    mask: Frame | None = None,
    *,
    npt: Points | None = None,
    npt_azimuth: Points = 360,
    unit: RadialUnit = "q_A^-1",
    method: Method = ("bbox", "csr", "cython"),
    polarization_factor: Factor | None = None,
    solid_angle: bool = True,
    radial_range: Span | None = None,
    azimuth_range: Span | None = None,
) -> Cake:
    """Unroll a diffraction image: intensity against azimuth and q, or the scattering angle (a "cake").

    pyFAI's ``integrate2d``, with the same numbers bit for bit, but for empty bins: they are NaN. Rings become
    straight lines, so texture, strain and a wrong geometry are seen at once. All else as for `integrate`.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype.
    geometry
        Where the detector stands, as the node `geometry` gives it. q needs its wavelength.
    mask
        True where a pixel is good.
    npt
        Number of radial bins. Default: as many as there are pixels from the beam to the furthest corner.
    npt_azimuth
        Number of azimuthal bins.
    unit
        What the radial axis is.
    method
        [how pixels are split, algorithm, implementation], in pyFAI's words.
    polarization_factor
        Corrects for polarisation. null: not.
    solid_angle
        Whether to correct for the solid angle of each pixel.
    radial_range
        [low, high] of the radial axis, in its unit. Default: that of the good pixels.
    azimuth_range
        [low, high] of the azimuth in degrees, from -180 to 180. Default: that of the good pixels.

    Returns
    -------
    Cake
        ``intensity``, shape (npt_azimuth, npt), ``radial`` and ``azimuth``, all float64.

    Raises
    ------
    UsageError
        If the frame or mask has not the shape of the detector, no pixel is good, or a wavelength is missing.
    MissingExtraError
        If pyFAI is not installed (``pip install 'headrace[xrd]'``).

    Notes
    -----
    In a graph file::

        where: {type: geometry}
        cake:  {type: integrate_2d, in: {frame: clean, geometry: where}, npt: 1000, unit: 2th_deg}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import integrate_2d
    >>> where = {"dist": 0.1, "poni1": 0.05, "poni2": 0.05, "pixel1": 1e-3, "pixel2": 1e-3}
    >>> cake = integrate_2d(np.full((100, 100), 7), where, npt=4, npt_azimuth=2, unit="2th_deg", solid_angle=False)
    >>> cake.intensity.tolist(), cake.azimuth.round().tolist()
    ([[7.0, 7.0, 7.0, 7.0], [7.0, 7.0, 7.0, 7.0]], [-90.0, 90.0])
    """
    settings = Settings(
        "integrate_2d", npt, npt_azimuth, unit, method, polarization_factor, solid_angle, radial_range, azimuth_range
    )
    _refuse(settings)
    found = integrate_image(frame, geometry, mask, settings)
    parts = (found.intensity, found.radial, found.azimuthal)
    return Cake(*(np.array(part, dtype=np.float64) for part in parts))


def _refuse(settings: Settings) -> None:
    for problem in _problems(settings._asdict()):
        raise UsageError(problem)
