"""Values by which events are told apart: numbers and texts that equal themselves."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from headrace.engine.model.errors import UsageError

__all__ = ["Label", "as_label"]

Label: TypeAlias = bool | int | float | str


def as_label(value: Any, what: str, decimals: int | None = None) -> Label:
    """Give one number or text; NaN as text, so that it equals itself.

    Parameters
    ----------
    value
        A number or text of Python or numpy.
    what
        Its name, for the message.
    decimals
        Numbers are rounded to so many digits behind the point; None: not at all.

    Raises
    ------
    UsageError
        If it is neither.

    Examples
    --------
    >>> as_label(0.1249, "motor", decimals=2), as_label(float("nan"), "motor"), as_label("Ni", "sample")
    (0.12, 'NaN', 'Ni')
    """
    scalar = value.item() if isinstance(value, np.generic | np.ndarray) and value.size == 1 else value
    if not isinstance(scalar, bool | int | float | str):
        problem = f"{what} is {type(value).__name__} of shape {np.shape(value)}; expected one number or text"
        raise UsageError(problem)
    if scalar != scalar:
        return "NaN"
    if decimals is None or isinstance(scalar, bool | str):
        return scalar
    return round(scalar, decimals) + 0.0  # -0.0 is 0.0
