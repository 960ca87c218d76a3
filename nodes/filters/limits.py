"""Leaving events out by a number that goes with them, and counting pixels by theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from headrace.engine.model.node import node
from headrace.engine.model.ports import Array, Scalar, Value
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.arrays import as_numbers
from headrace.nodes.support.binning import as_key

__all__ = ["count_in_range", "in_range", "shutter_open"]


def _range_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    low, high = parameters["low"], parameters["high"]
    if low is None and high is None:
        yield "give 'low', 'high' or both"
    if low is not None and high is not None and not low <= high:
        yield f"'low' is {low} and 'high' is {high}; nothing lies between them"


@node(family="filters")
def shutter_open(value: Value, shutter: Scalar, *, above: float = 0.0) -> Value | Skip:
    """Let a value pass while the shutter is open; otherwise leave the event out.

    Open means ``shutter > above``. A status that is NaN (it wasn't read) is not open. The event is counted as
    filtered.

    Parameters
    ----------
    value
        What passes; it is handed on as it is.
    shutter
        Status of the shutter in this shot: a number or truth value.
    above
        It is open if its status is above this.

    Returns
    -------
    Value or SKIP
        The value itself, or nothing for this event.

    Raises
    ------
    UsageError
        If the status is not one number or truth value.

    Notes
    -----
    In a graph file::

        lit: {type: shutter_open, in: {value: frames, shutter: status}}

    Examples
    --------
    >>> from headrace.nodes import shutter_open
    >>> shutter_open("a frame", 1), shutter_open("a frame", 0), shutter_open("a frame", float("nan"))
    ('a frame', SKIP, SKIP)
    """
    return value if as_key(shutter, "shutter") > above else SKIP


@node(family="filters", problems_of=_range_problems)
def in_range(
    value: Value,
    key: Scalar,
    *,
    low: float | None = None,
    high: float | None = None,
    closed: Literal["neither", "low", "high", "both"] = "neither",
) -> Value | Skip:
    """Let a value pass if a number lies in a range; otherwise leave the event out.

    ``low < key < high``; which ends belong to the range is up to `closed`. NaN lies in no range. The event is counted
    as filtered.

    Parameters
    ----------
    value
        What passes; it is handed on as it is.
    key
        The number that decides.
    low, high
        Ends of the range; null: it has none on that side.
    closed
        Which ends belong to it.

    Returns
    -------
    Value or SKIP
        The value itself, or nothing for this event.

    Raises
    ------
    UsageError
        If the key is not one number.

    Notes
    -----
    In a graph file::

        early: {type: in_range, in: {value: frames, key: delay}, low: -1, high: 0.5, closed: low}

    Examples
    --------
    >>> from headrace.nodes import in_range
    >>> [in_range("a frame", key, low=0, high=2, closed="low") for key in (0, 2)]
    ['a frame', SKIP]
    """
    number = as_key(key, "key")
    above = low is None or number > low or (number == low and closed in ("low", "both"))
    below = high is None or number < high or (number == high and closed in ("high", "both"))
    return value if above and below and number == number else SKIP


@node(family="filters", problems_of=_range_problems)
def count_in_range(frame: Array, *, low: float | None = None, high: float | None = None) -> Scalar:
    """Count the pixels whose value lies in a range.

    ``low < value < high``, both strict. NaN never counts. Values are compared exactly, whatever their dtype, 64-bit
    integers beyond 2**53 excepted.

    Parameters
    ----------
    frame
        An image or any other array of any numeric dtype; or one number.
    low, high
        Ends of the range, which don't belong to it; null: it has none on that side.

    Returns
    -------
    Scalar
        int: the count.

    Raises
    ------
    UsageError
        If the frame is no array of numbers.

    Notes
    -----
    In a graph file::

        photons: {type: count_in_range, in: energies, low: 5000, high: 7000}

    Examples
    --------
    >>> from headrace.nodes import count_in_range
    >>> count_in_range([[1.0, 2.0, float("nan")], [3.0, 4.0, 5.0]], low=1, high=4)
    2
    """
    array = as_numbers(frame, "frame")
    found = array > np.float64(-np.inf if low is None else low)
    if low is None:
        found |= array == -np.inf
    if high is not None:
        found &= array < np.float64(high)
    return int(np.count_nonzero(found))
