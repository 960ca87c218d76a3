"""Straight-line calibrations: from what an instrument reads to what it means."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from headrace.engine.model.constraints import Unit
from headrace.engine.model.node import node
from headrace.engine.model.ports import Scalar, Value
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.binning import as_key

__all__ = ["delay", "linear"]

_PS_PER_UM = 2e6 / 299_792_458
"""Light passes the stage twice: 2 / c, in picoseconds per micrometre."""


@node(family="points")
def linear(value: Value, *, scale: float = 1.0, offset: float = 0.0, unit: str | None = None) -> Value:
    """Calibrate a reading by a straight line.

    ``scale * value + offset``, in float64. A NaN stays NaN.

    Parameters
    ----------
    value
        A number, or an array of any numeric dtype.
    scale
        Calibrated units per unit of the reading.
    offset
        What a reading of 0 means, in calibrated units.
    unit
        Unit of the result, for people; it is recorded with the parameters of the result run and converts nothing.

    Returns
    -------
    Value
        A number, or a float64 array of the same shape.

    Raises
    ------
    UsageError
        If the value is no number or array of numbers.

    Notes
    -----
    In a graph file::

        pressure: {type: linear, in: gauge, scale: 12.5, offset: -0.3, unit: bar}

    Examples
    --------
    >>> from headrace.nodes import linear
    >>> linear(40, scale=0.5, offset=-1)
    19.0
    """
    array = as_numbers(value, "value")
    result = np.multiply(array, scale, dtype=np.float64) + offset
    return float(result) if result.ndim == 0 else result


@node(family="points")
def delay(
    motor: Scalar,
    *,
    scale: float = _PS_PER_UM,
    zero: float = 0.0,
    t0: Annotated[float, Unit("ps")] = 0.0,
) -> Scalar:
    """Turn the position of a delay stage into a delay.

    ``scale * (motor - zero) - t0``. Light goes to the stage's mirror and back, so a way of s delays it by
    2 s / c, c = 299792458 m/s:

    ============= ====================== ======================
    motor in      picoseconds per unit   femtoseconds per unit
    ============= ====================== ======================
    um            6.671281904e-3         6.671281904
    mm            6.671281904            6671.281904
    m             6671.281904            6.671281904e6
    ============= ====================== ======================

    The older programs of this kind use 6.666e-3, with c = 3e8 m/s: 0.08 % less. A NaN stays NaN.

    Parameters
    ----------
    motor
        Position of the stage.
    scale
        Delay per unit of the position, of either sign. The default is picoseconds per micrometre for light that
        passes the stage twice.
    zero
        Position of delay 0, in the unit of the motor.
    t0
        Delay that is subtracted, in the unit of the result; give either this or `zero`.

    Returns
    -------
    Scalar
        The delay, float; in ps by default.

    Raises
    ------
    UsageError
        If the position is no number.

    Notes
    -----
    In a graph file::

        delay: {type: delay, in: stage, zero: 1520.5}
        femto: {type: delay, in: stage_mm, scale: 6671.281904, zero: 1.5205}

    Examples
    --------
    >>> from headrace.nodes import delay
    >>> round(delay(1670.4, zero=1520.5), 6)
    1.000025
    """
    return float(scale * (as_key(motor, "motor") - zero) - t0)
