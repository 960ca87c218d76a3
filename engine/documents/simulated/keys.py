"""Data keys: what a descriptor says about a field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["image_key", "integer_key", "number_key"]


def number_key(origin: str, unit: str, precision: int = 4) -> dict[str, Any]:
    """Describe a number with a unit; `origin` is where the control system has it from."""
    key = {"source": f"SIM:{origin}", "shape": [], "dtype": "number", "dtype_numpy": "<f8", "precision": precision}
    return {**key, **({"units": unit} if unit else {})}


def integer_key(origin: str, unit: str = "") -> dict[str, Any]:
    """Describe a whole number."""
    key = {"source": f"SIM:{origin}", "shape": [], "dtype": "integer", "dtype_numpy": "<i8"}
    return {**key, **({"units": unit} if unit else {})}


def image_key(origin: str, shape: Sequence[int], unit: str) -> dict[str, Any]:
    """Describe an image, or a stack of frames, of 16-bit pixels."""
    key = {"source": f"SIM:{origin}", "shape": list(shape), "dtype": "array", "dtype_numpy": "<u2"}
    return {**key, "units": unit}
