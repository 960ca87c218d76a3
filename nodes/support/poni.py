"""The geometry of a diffraction experiment as plain names and values, from a poni file or from metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headrace.engine.model.errors import DocumentError, NotReachableError
from headrace.engine.model.faults import nearest

__all__ = ["PoniGeometry", "plain_geometry", "read_poni"]

_NEEDED = ("dist", "poni1", "poni2")
_ANGLES = ("rot1", "rot2", "rot3")
_ALIASES = {"distance": "dist", "pixelsize1": "pixel1", "pixelsize2": "pixel2"}
_FILES = ("splinefile", "filename")


class PoniGeometry(dict[str, Any]):
    """A geometry from a file that the user named; it may name files in turn. One from a document may not."""


def plain_geometry(given: Any, where: str, *, files: bool = False) -> dict[str, Any]:
    """Give a geometry in pyFAI's present form, from that form, from its older ones, or from numbers alone.

    Parameters
    ----------
    given
        Names and values: ``dist``, ``poni1``, ``poni2`` (metres), ``rot1``, ``rot2``, ``rot3`` (radians, 0 if they
        are not there), ``wavelength`` (metres, may be missing), ``detector`` (a name that pyFAI knows), and
        ``detector_config``, or ``pixel1``, ``pixel2`` (metres) and ``max_shape``.
    where
        What it is, for the message.
    files
        Whether it may name files (a detector's distortion). Metadata may not.

    Raises
    ------
    DocumentError
        If a number is missing or no number, or a file is named.

    Examples
    --------
    >>> old = {"dist": 0.2, "poni1": 0.1, "poni2": 0.1, "pixel1": 2e-4, "pixel2": 2e-4, "splineFile": None}
    >>> plain_geometry(old, "calibration_md")["detector_config"]
    {'orientation': 3, 'pixel1': 0.0002, 'pixel2': 0.0002}
    """
    if not isinstance(given, Mapping):
        problem = f"{where} is {given!r:.80}; expected names and values: dist, poni1, poni2, …"
        raise DocumentError(problem)
    inner = given.get("poni")
    source = inner if isinstance(inner, Mapping) else given
    names = {_ALIASES.get(str(key).lower(), str(key).lower()): value for key, value in source.items()}
    plain: dict[str, Any] = {"poni_version": 2.1}
    for name in _NEEDED:
        plain[name] = _number(names, name, where)
    for name in _ANGLES:
        plain[name] = _number(names, name, where) if names.get(name) is not None else 0.0
    plain["wavelength"] = _number(names, "wavelength", where) if names.get("wavelength") is not None else None
    plain["detector"] = str(names.get("detector") or "Detector")
    plain["detector_config"] = _detector(names, where)
    if names.get("parallax"):
        plain |= {"poni_version": 3, "parallax": True}
    if not files:
        _refuse_files(plain, where)
    return plain


def _number(names: Mapping[str, Any], name: str, where: str) -> float:
    if names.get(name) is None:
        hint = nearest(name, list(names))
        problem = f"{where} has no {name!r}; it has {', '.join(map(repr, names)) or 'nothing'}"
        raise DocumentError(f"{problem}; {hint}" if hint else problem)
    try:
        value = float(names[name])
    except (TypeError, ValueError):
        value = np.nan
    if not np.isfinite(value):
        problem = f"{where} has {names[name]!r} as {name!r}; expected a number"
        raise DocumentError(problem)
    return value


def _detector(names: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Give the settings of the detector, in the order of their names."""
    config = names.get("detector_config")
    try:
        config = json.loads(config) if isinstance(config, str) else dict(config or {})
        found = {str(key).lower(): value for key, value in config.items() if value is not None}
        for name in ("pixel1", "pixel2"):
            if names.get(name) is not None:
                found.setdefault(name, names[name])
            if name in found:
                found[name] = float(found[name])
        for name in ("max_shape", "splinefile"):
            if names.get(name) not in (None, "", "None", "none"):
                found.setdefault(name, names[name])
        found["orientation"] = int(found.get("orientation") or 3)
        if "max_shape" in found:
            found["max_shape"] = [int(points) for points in found["max_shape"]]
        plain: dict[str, Any] = json.loads(json.dumps(found, sort_keys=True))
    except (TypeError, ValueError, AttributeError) as error:
        problem = (
            f"{where} describes its detector as {names.get('detector_config')!r:.120}, which can't be read: {error}"
        )
        raise DocumentError(problem) from error
    return plain


def _refuse_files(plain: Mapping[str, Any], where: str) -> None:
    """Refuse to open what metadata names: documents come from anywhere."""
    detector, config = plain["detector"], plain["detector_config"]
    named = [str(config[key]) for key in _FILES if config.get(key)]
    if any(mark in detector for mark in ("/", "\\", ".h5", ".nxs")) or Path(detector).exists():
        named.append(detector)
    if named:
        problem = f"{where} names a file ({named[0]}), which is not opened; give a poni file that names it by 'file'"
        raise DocumentError(problem)


def read_poni(file: str) -> PoniGeometry:
    """Give the geometry in a poni file of any version, read by pyFAI.

    Raises
    ------
    NotReachableError
        If there is no such file.
    DocumentError
        If it holds no geometry.
    """
    from pyFAI.io.ponifile import PoniFile

    path = Path(file).expanduser()
    if not path.is_file():
        problem = f"no such poni file: {file} (looked from {Path.cwd()})"
        raise NotReachableError(problem)
    try:
        found = PoniFile(str(path)).as_dict()
    except Exception as error:  # pyFAI's parser has errors of many kinds; none is foreseen by the user
        problem = f"{path} can't be read as a poni file: {error}"
        raise DocumentError(problem) from error
    return PoniGeometry(plain_geometry(found, str(path), files=True))
