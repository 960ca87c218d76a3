"""What every accumulator can do, and how values are taken in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal, NoReturn, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.arrays import as_numbers

__all__ = [
    "Accumulator",
    "EmptyError",
    "NanPolicy",
    "NotMergeableError",
    "check_same_shape",
    "refuse_merge",
    "taken",
    "valid",
    "where_not",
]

NanPolicy: TypeAlias = Literal["propagate", "omit", "error"]


class EmptyError(UsageError):
    """The value of an accumulator that has seen nothing."""


class NotMergeableError(UsageError):
    """Merging what the mathematics don't allow to be merged."""


class Accumulator(Protocol):
    """State that values are pushed into, one after the other.

    What is pushed is never kept nor changed, and what `value` gives never changes afterwards. If it is mergeable,
    pushing values in parts and merging the parts in order gives the same as pushing them all, up to rounding.
    The result depends on the values and their order only, never on how they were cut into parts.

    Not safe for concurrent use.

    Attributes
    ----------
    mergeable
        Whether two of them can be merged. Where what they keep doesn't say enough, `merge` refuses.
    """

    mergeable: ClassVar[bool]

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been pushed since the last `clear`."""

    @property
    def push(self) -> Callable[..., None]:
        """Take a value in; some kinds take more than one thing, such as a value and its score.

        Raises
        ------
        UsageError
            If it can't be taken in: another shape than before, no numbers, a NaN that is refused. The state is
            then as it was.
        """

    def value(self) -> Any:
        """Give the result so far.

        Raises
        ------
        EmptyError
            If there is no result of nothing.
        """

    def merge(self, other: Self) -> None:
        """Take in all that another one with the same settings has seen, as if it had been pushed here next.

        Raises
        ------
        NotMergeableError
            If it is not mergeable, or was set up otherwise.
        """

    def clear(self) -> None:
        """Forget everything."""


def refuse_merge(what: str, why: str) -> NoReturn:
    """Say why something can't be merged.

    Raises
    ------
    NotMergeableError
        Always.
    """
    problem = f"{what} can't be merged: {why}"
    raise NotMergeableError(problem)


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
