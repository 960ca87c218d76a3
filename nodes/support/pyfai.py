"""pyFAI, made when it is needed: integrators for a geometry and a shape, and arrays that follow from them."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import DocumentError, HeadraceError, UsageError
from headrace.nodes.support.poni import PoniGeometry, plain_geometry
from headrace.nodes.support.rings import Rings

__all__ = ["MissingExtraError", "integrator", "polarization_of", "require_pyfai", "rings_of"]

T = TypeVar("T")


class MissingExtraError(HeadraceError):
    """An optional library that is not installed."""


def require_pyfai(name: str) -> None:
    """Import pyFAI, or say how to get it.

    Parameters
    ----------
    name
        The node type that needs it.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        import pyFAI.integrator.azimuthal  # noqa: F401
    except ModuleNotFoundError as error:
        problem = f"{name} needs pyFAI, which is not installed ({error}): pip install 'headrace[xrd]'"
        raise MissingExtraError(problem) from error


class SharedIntegrator:
    """One of pyFAI's integrators, built at its first use. Any thread may use it; they take turns.

    pyFAI keeps a sparse matrix for the last settings and mask inside an integrator, so each set of settings has
    an integrator of its own, which is never in use twice at a time.
    """

    def __init__(self, geometry: str, shape: tuple[int, ...]) -> None:
        self._geometry, self._shape = geometry, shape
        self._lock = threading.Lock()
        self._made: Any = None

    def use(self, how: Callable[[Any], T]) -> T:
        """Call a function on the integrator."""
        with self._lock:
            if self._made is None:
                self._made = _make(self._geometry, self._shape)
            return how(self._made)


def integrator(geometry: Mapping[str, Any], shape: tuple[int, ...], settings: Hashable) -> SharedIntegrator:
    """Give the integrator for a geometry, a shape of images and settings: the same one as long as they are the same.

    Parameters
    ----------
    geometry
        What the node `geometry` gives.
    shape
        Shape of the images.
    settings
        Whatever decides what pyFAI keeps inside.
    """
    return _shared(_text(geometry), shape, settings)


def polarization_of(geometry: Mapping[str, Any], shape: tuple[int, ...], factor: float) -> npt.NDArray[np.float32]:
    """Give pyFAI's polarisation array, read-only: what an image is divided by."""
    return _polarization(_text(geometry), shape, factor)


def rings_of(geometry: Mapping[str, Any], shape: tuple[int, ...]) -> Rings:
    """Give rings of constant 2 theta, as many as there are pixels from the beam to the furthest corner."""
    return _rings(_text(geometry), shape)


# Integrators and these arrays are large and follow from their keys alone, so they are kept, a bounded number of
# them, and results are the same with and without.
@functools.lru_cache(maxsize=4)
def _shared(geometry: str, shape: tuple[int, ...], settings: Hashable) -> SharedIntegrator:
    return SharedIntegrator(geometry, shape)


@functools.lru_cache(maxsize=4)
def _polarization(geometry: str, shape: tuple[int, ...], factor: float) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = _make(geometry, shape).polarization(shape=shape, factor=factor)
    array.flags.writeable = False
    return array


@functools.lru_cache(maxsize=4)
def _rings(geometry: str, shape: tuple[int, ...]) -> Rings:
    made = _make(geometry, shape)
    angle = made.array_from_unit(shape, "center", "2th_rad", scale=False)
    count = max(int(made.guess_npt_rad()), 1)
    low, high = float(angle.min()), float(angle.max())
    width = (high - low) / count or 1.0
    return Rings.of(np.minimum((angle - low) // width, count - 1))


def _text(geometry: Mapping[str, Any]) -> str:
    files = isinstance(geometry, PoniGeometry)
    return json.dumps(plain_geometry(geometry, "geometry", files=files), sort_keys=True)


def _make(text: str, shape: tuple[int, ...]) -> Any:
    from pyFAI.integrator.azimuthal import AzimuthalIntegrator

    geometry = json.loads(text)
    try:
        made = AzimuthalIntegrator()
        made.set_config(geometry)
    except (RuntimeError, ValueError, TypeError, OSError) as error:
        name, config = geometry["detector"], geometry["detector_config"]
        reason = str(error).partition("\n")[0][:200]
        problem = f"pyFAI knows no detector {name!r} with the settings {config}: {reason}"
        raise DocumentError(problem) from error
    detector = made.detector
    if not detector.pixel1 or not detector.pixel2:
        problem = "the geometry has no pixel size; give 'pixel1' and 'pixel2' in metres, or a detector that pyFAI knows"
        raise DocumentError(problem)
    if detector.shape is None:
        detector.max_shape = detector.shape = shape
    if tuple(detector.shape) != shape:
        problem = (
            f"the frame has shape {shape} and the detector of the geometry ({detector.name}) has shape "
            f"{tuple(detector.shape)}; expected the same: was the frame cropped or binned after the calibration?"
        )
        raise UsageError(problem)
    made.empty = np.nan
    return made
