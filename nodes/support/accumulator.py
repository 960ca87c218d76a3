"""What every accumulator can do, and how values are taken in."""

from __future__ import annotations

from typing import Any, Literal, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.arrays import as_numbers

__all__ = ["Accumulator", "EmptyError", "NanPolicy", "check_same_shape", "taken", "valid", "where_not"]

NanPolicy: TypeAlias = Literal["propagate", "omit", "error"]


class EmptyError(UsageError):
    """The value of an accumulator that has seen nothing."""


class Accumulator(Protocol):
    """State that values are pushed into, one after the other.

    A value is a number or an array; all values have one shape. What is pushed is never kept nor changed, and
    what `value` gives never changes afterwards. Pushing values in parts and merging the parts in order gives the
    same as pushing them all, up to rounding.

    Not safe for concurrent use.
    """

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed since the last `clear`."""

    def push(self, value: Any) -> None:
        """Take a value in.

        Raises
        ------
        UsageError
            If it is no number or array, has another shape than before, or holds a NaN that is refused; the state
            is then as it was.
        """

    def value(self) -> Any:
        """Give the result so far: a number for numbers, an array for arrays.

        Raises
        ------
        EmptyError
            If nothing has been pushed (`Count` gives 0).
        """

    def merge(self, other: Self) -> None:
        """Take in all that another one of the same kind has seen, as if it had been pushed here next."""

    def clear(self) -> None:
        """Forget everything."""


def taken(value: Any, shape: tuple[int, ...] | None, nan: NanPolicy) -> npt.NDArray[Any]:
    """Give a pushed value as an array, or refuse it.

    Parameters
    ----------
    value
        What was pushed.
    shape
        Shape of those before; None if there are none.
    nan
        ``error`` refuses NaN.
    """
    array = as_numbers(value, "value")
    if shape is not None:
        check_same_shape(shape, array.shape)
    if nan == "error" and array.dtype.kind == "f" and np.isnan(array).any():
        problem = (
            f"value holds {int(np.isnan(array).sum())} NaN (shape {array.shape}); set 'nan' to 'omit' or 'propagate'"
        )
        raise UsageError(problem)
    return array


def check_same_shape(before: tuple[int, ...], now: tuple[int, ...]) -> None:
    """Refuse another shape.

    Raises
    ------
    UsageError
        If the shapes differ.
    """
    if before != now:
        problem = f"value has shape {now}, those before had shape {before}; one accumulator takes one shape"
        raise UsageError(problem)


def valid(array: npt.NDArray[Any], nan: NanPolicy) -> Any:
    """Give what counts: True, or with ``omit`` the mask of what is not NaN."""
    return ~np.isnan(array) if nan == "omit" and array.dtype.kind == "f" else True


def where_not(nothing: Any, result: npt.NDArray[Any]) -> Any:
    """Give a result with NaN where nothing was counted; a number for a 0-d array."""
    if np.any(nothing):
        result = np.where(nothing, np.nan, result)
    return result[()]
