"""In which numbers two runs differ: per stream and field, the largest difference, the first event that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from headrace.engine.model.records import DEAD_LETTERS, Event

if TYPE_CHECKING:
    from headrace.engine.documents.result import Result

__all__ = ["FieldDifference", "number_differences"]

_NUMBERS = "raw_seq_num"


@dataclass(slots=True)
class FieldDifference:
    """How one field of a stream differs between two runs.

    Attributes
    ----------
    stream, field
        Which field.
    events
        How many events both have.
    different
        In how many of these the values differ; any bit counts, and NaN equals NaN.
    largest
        The largest absolute difference of numbers; None where values differ and none can be given (another shape,
        text).
    relative
        The largest difference relative to the larger magnitude; None as above.
    first
        Number of the first raw event in which they differ; None if they are equal.
    note
        What else is to be said: another shape, another number of rows.
    only_before, only_after
        Raw events that only one of them has.
    """

    stream: str
    field: str
    events: int = 0
    different: int = 0
    largest: float | None = 0.0
    relative: float | None = 0.0
    first: int | None = None
    note: str = ""
    only_before: int = 0
    only_after: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether all events are in both, and their values equal bit for bit."""
        return not (self.different or self.only_before or self.only_after)

    @property
    def text(self) -> str:
        """How it differs, in words."""
        if not self.different:
            return f"{self.field}: equal in {self.events} events"
        size = f"at most {self.largest:.6g}" if self.largest is not None else "in kind"
        relative = f" (relative {self.relative:.2g})" if self.relative else ""
        note = f"; {self.note}" if self.note else ""
        where = f"in {self.different} of {self.events} events, first in event {self.first}"
        return f"{self.field}: differs {size}{relative} {where}{note}"


def number_differences(before: Result, after: Result) -> list[FieldDifference]:
    """Compare the data of two runs, stream by stream, event by event; events are matched by the raw event's number.

    Parameters
    ----------
    before, after
        Results, or raw runs.
    """
    streams = [name for name in chain(before.streams, after.streams) if name != DEAD_LETTERS]
    return [found for name in dict.fromkeys(streams) for found in _of_stream(name, before, after)]


def _of_stream(name: str, before: Result, after: Result) -> Iterator[FieldDifference]:
    """Go through both runs at once, so that no more than two events are in memory."""
    found: dict[str, FieldDifference] = {}
    ones = _keyed(before, name)
    others = _keyed(after, name)
    one, other = next(ones, None), next(others, None)
    missing_before = missing_after = 0
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            missing_after += 1
            one = next(ones, None)
        elif one is None or other[0] < one[0]:
            missing_before += 1
            other = next(others, None)
        else:
            _compare(name, found, one[0][0], one[1].data, other[1].data)
            one, other = next(ones, None), next(others, None)
    for difference in found.values():
        difference.only_before, difference.only_after = missing_after, missing_before
    if not found and (missing_before or missing_after):
        found[name] = FieldDifference(name, name, only_before=missing_after, only_after=missing_before)
    yield from found.values()


def _keyed(run: Result, stream: str) -> Iterator[tuple[tuple[int, int], Event]]:
    """Give the events with what matches them: the raw event's number, and how often it came."""
    if stream not in run.streams:
        return
    times: dict[int, int] = {}
    for event in run.events(stream):
        number = int(event.data.get(_NUMBERS, event.key.seq_num))
        times[number] = times.get(number, 0) + 1
        yield (number, times[number]), event


def _compare(
    stream: str,
    found: dict[str, FieldDifference],
    number: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    for field in dict.fromkeys([*before, *after]):
        if field == _NUMBERS:
            continue
        difference = found.setdefault(field, FieldDifference(stream, field))
        difference.events += 1
        if field not in before or field not in after:
            _differs(difference, number, None, None, "the field is only in one of them")
        else:
            _compare_values(difference, number, before[field], after[field])


def _compare_values(difference: FieldDifference, number: int, before: Any, after: Any) -> None:
    import numpy as np

    one, other = np.asarray(before), np.asarray(after)
    if one.shape != other.shape:
        _differs(difference, number, None, None, f"shape {one.shape} and {other.shape}")
        return
    if one.dtype.kind not in "biufc" or other.dtype.kind not in "biufc":
        if not np.array_equal(one, other):
            _differs(difference, number, None, None, "")
        return
    if one.dtype == other.dtype and one.tobytes() == other.tobytes():
        return
    same = (one == other) | ((one != one) & (other != other))
    if same.all():
        return
    kind = np.complex128 if "c" in (one.dtype.kind, other.dtype.kind) else np.float64
    with np.errstate(all="ignore"):
        size = np.abs(one.astype(kind) - other.astype(kind))[~same]
        scale = np.maximum(np.abs(one.astype(kind)), np.abs(other.astype(kind)))[~same]
        relative = size / scale
    largest = float(np.nanmax(size)) if not np.isnan(size).all() else None
    _differs(difference, number, largest, float(np.nanmax(relative)) if largest is not None else None, "")


def _differs(
    difference: FieldDifference, number: int, largest: float | None, relative: float | None, note: str
) -> None:
    difference.different += 1
    difference.first = number if difference.first is None else difference.first
    difference.note = difference.note or note
    if largest is None or difference.largest is None:
        difference.largest = difference.relative = None
        difference.note = difference.note or "values that can't be subtracted, such as text or NaN against a number"
    else:
        difference.largest = max(difference.largest, largest)
        difference.relative = max(difference.relative or 0.0, relative or 0.0)
