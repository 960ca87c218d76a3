"""The geometry of a diffraction experiment, and the correction of images for polarisation (extra ``headrace[xrd]``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import numpy as np

from headrace.engine.model.constraints import Meta
from headrace.engine.model.errors import DocumentError, UsageError
from headrace.engine.model.node import node, source_node
from headrace.engine.model.ports import Cadence, Frame, Metadata
from headrace.engine.model.records import RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.arrays import as_frame
from headrace.nodes.support.files_read import poni_files
from headrace.nodes.support.lookup import MISSING, find
from headrace.nodes.support.poni import plain_geometry, read_poni
from headrace.nodes.support.pyfai import polarization_of, require_pyfai

__all__ = ["geometry", "polarization"]


def _run_level(parameters: Mapping[str, Any]) -> Cadence:
    return Cadence.RUN


def _origin_problems(parameters: Mapping[str, Any]) -> Iterable[str]:
    if parameters.get("file") is not None and parameters.get("values") is not None:
        yield "geometry: file and values both say what the geometry is; give one of them"


@source_node(cadence_of=_run_level, problems_of=_origin_problems, files_of=poni_files)
def geometry(
    *,
    key: str = "calibration_md",
    file: str | None = None,
    values: dict[str, Any] | None = None,
    missing: Literal["error", "skip"] = "error",
    run: RunContext | None = None,
) -> Metadata | Skip:
    """Give the geometry of the run's diffraction experiment: where the detector stands, and the wavelength.

    It is that of pyFAI, under pyFAI's names, so a calibration made with pyFAI's tools is used as it is. It comes
    from the start document, under `key`; or from a poni file, or from the graph itself, if one of them is given.

    What is understood: pyFAI's present form (``get_config``), the older one (``getPyFAI``, as total scattering
    beamlines record it), and plain numbers: ``dist``, ``poni1``, ``poni2`` (metres), ``rot1``, ``rot2``, ``rot3``
    (radians; 0 if they are not there), ``wavelength`` (metres; needed for q), and a ``detector`` that pyFAI knows
    or ``pixel1``, ``pixel2`` (metres, along y and x). Other names are ignored. Metadata can't make headrace open a
    file; a poni file may name one (a distortion).

    Parameters
    ----------
    key
        Key in the start document (a dotted path) with the geometry.
    file
        Path of a poni file, from the working directory. It is read with pyFAI.
    values
        The geometry itself.
    missing
        If the start document has no `key`: ``error``, or ``skip`` (what needs the geometry is left out).

    Returns
    -------
    Metadata
        The geometry in pyFAI's present form, once per run.

    Raises
    ------
    DocumentError
        If there is none, or a number in it is missing.
    NotReachableError
        If there is no such file.
    UsageError
        If both `file` and `values` are given.

    Notes
    -----
    In a graph file::

        recorded:   {type: geometry}
        calibrated: {type: geometry, file: LaB6.poni}
        simulated:
          type: geometry
          values: {dist: 0.2, poni1: 0.1, poni2: 0.1, pixel1: 2.0e-4, pixel2: 2.0e-4, wavelength: 1.8e-11}

    Examples
    --------
    >>> from headrace.nodes import geometry
    >>> found = geometry.node_type.target(values={"dist": 0.2, "poni1": 0.1, "poni2": 0.1, "detector": "Perkin"})
    >>> found["dist"], found["rot1"], found["detector"]
    (0.2, 0.0, 'Perkin')
    """
    for problem in _origin_problems({"file": file, "values": values}):
        raise UsageError(problem)
    if file is not None:
        require_pyfai("geometry (file)")
        return read_poni(file)
    if values is not None:
        return plain_geometry(values, "geometry: 'values'")
    if run is None:
        problem = "geometry is found through the run that needs it; give run=RunContext(...), 'file' or 'values'"
        raise UsageError(problem)
    found = find(run.start, key)
    if found is MISSING or found in (None, {}):
        if missing == "skip":
            return SKIP
        problem = (
            f"the start document has no geometry under {key!r}; calibrate, give another 'key', a poni 'file', or set "
            f"'missing' to 'skip'"
        )
        raise DocumentError(problem)
    return plain_geometry(found, f"{key!r} in the start document")


@node
def polarization(frame: Frame, geometry: Metadata, *, factor: Annotated[float, Meta(ge=-1, le=1)] = 0.99) -> Frame:
    """Correct an image for the polarisation of the beam.

    A polarised beam scatters less along its polarisation than across it. The image is divided by pyFAI's
    polarisation array, (1 + cos² 2θ - factor · cos 2χ · sin² 2θ) / 2, with 2θ the scattering angle and χ the
    azimuth, 0 along the detector's x. The array is made once per geometry and shape. `integrate` can do the same by
    its `polarization_factor`: correct once, not twice.

    A NaN stays NaN.

    Parameters
    ----------
    frame
        Image, shape (ny, nx), any numeric dtype.
    geometry
        Where the detector stands, as the node `geometry` gives it.
    factor
        (horizontal - vertical) / (horizontal + vertical) intensity of the beam: 1 for a beam polarised along the
        detector's x, 0 unpolarised, -1 along y. 0.99 is usual at synchrotrons.

    Returns
    -------
    Frame
        float64, shape (ny, nx).

    Raises
    ------
    UsageError
        If the frame is no image, or has not the shape of the detector.
    MissingExtraError
        If pyFAI is not installed (``pip install 'headrace[xrd]'``).

    Notes
    -----
    In a graph file::

        where:     {type: geometry}
        corrected: {type: polarization, in: {frame: clean, geometry: where}, factor: 0.99}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import polarization
    >>> where = {"dist": 0.1, "poni1": 0.05, "poni2": 0.05, "pixel1": 0.02, "pixel2": 0.02}
    >>> polarization(np.full((5, 5), 100), where).round(1)[2].tolist()
    [115.9, 104.0, 100.0, 104.0, 115.9]
    """
    require_pyfai("polarization")
    image = as_frame(frame, "frame")
    corrected: Frame = np.divide(image, polarization_of(geometry, image.shape, factor), dtype=np.float64)
    return corrected
