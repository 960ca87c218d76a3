"""Taking only some of many events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node, node_class
from headrace.engine.model.ports import Scalar, Value
from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.support.labels import Label, as_label

__all__ = ["sample", "throttle", "unique"]


@node(family="filters")
def sample(
    value: Value,
    *,
    every: Annotated[int, Meta(ge=1)],
    offset: Annotated[int, Meta(ge=0)] = 0,
    event: Event | None = None,
) -> Value | Skip:
    """Take every n-th event of a stream, by its number; leave the others out.

    Event 1 + `offset` is the first, then each `every`-th after it. What was filtered or lost before doesn't shift the
    choice: an event is taken or not by its own number, live as in batch. For a fair sample of fixed size see
    `reservoir`.

    Parameters
    ----------
    value
        What passes; it is handed on as it is.
    every
        One event of so many is taken.
    offset
        How many events to begin later.
    event
        The event, for its number.

    Returns
    -------
    Value or SKIP
        The value itself, or nothing for this event.

    Raises
    ------
    UsageError
        If it is called without an event.

    Notes
    -----
    In a graph file::

        tenth: {type: sample, in: frames, every: 10}

    Examples
    --------
    >>> from headrace.engine.model.records import Event, EventKey
    >>> from headrace.nodes import sample
    >>> events = [Event(EventKey("5c1f", "primary", number), 0.0, {}) for number in range(1, 8)]
    >>> [event.key.seq_num for event in events if sample(True, every=3, event=event) is True]
    [1, 4, 7]
    """
    if event is None:
        problem = "sample goes by the number of the event, and was called without one"
        raise UsageError(problem)
    late = event.key.seq_num - 1 - offset
    return value if late >= 0 and late % every == 0 else SKIP


class Unique:
    """Let only the first event of each key pass; leave the others out.

    A key is a number or text, such as a motor's position; NaN is a key like any other. With ``of: run`` a key passes
    once in the run, with ``of: neighbours`` each time it differs from the key of the event before. Events that are left
    out are counted as filtered. Keys that were seen are kept while the run lasts: some 100 bytes each.

    Parameters
    ----------
    of
        Among which events a key is unique.
    decimals
        Numbers are the same if they are, rounded to so many digits behind the point: a motor never returns to
        quite the same position. null: only if they are equal.

    Raises
    ------
    UsageError
        If a key is not one number or text.

    Notes
    -----
    In a graph file::

        first: {type: unique, in: {value: frames, key: sample_x}, decimals: 3}

    Examples
    --------
    >>> from headrace.nodes import unique
    >>> keys = (1.0, 1.0, 2.0, 1.0)
    >>> once, changed = unique(), unique(of="neighbours")
    >>> [once.update(key, key) for key in keys], [changed.update(key, key) for key in keys]
    ([1.0, SKIP, 2.0, SKIP], [1.0, SKIP, 2.0, 1.0])
    """

    def __init__(self, *, of: Literal["run", "neighbours"] = "run", decimals: int | None = None) -> None:
        self._of, self._decimals = of, decimals
        self._seen = set[Label]()

    def update(self, value: Value, key: Scalar) -> Value | Skip:
        """Let the value of one event pass, or not.

        Parameters
        ----------
        value
            What passes; it is handed on as it is.
        key
            The number or text that is to be new.
        """
        label = as_label(key, "key", self._decimals)
        if label in self._seen:
            return SKIP
        if self._of == "neighbours":
            self._seen.clear()
        self._seen.add(label)
        return value


def _throttle_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    if (parameters["seconds"] is None) == (parameters["every"] is None):
        yield "give either 'seconds' or 'every'"


class Throttle:
    """Let at most one event pass in some time, or one of some number; leave the others out.

    For what is looked at, or is dear: pictures, exports. The events that are left out are counted as filtered, and
    nothing waits for anything: the rest of the graph sees all of them.

    Time is that of the data (when events were recorded), so the same events pass live as in batch. The first event
    passes, then the first that is at least `seconds` later than the one that passed last. If time goes back, as when a
    clock is set, counting begins anew.

    Parameters
    ----------
    seconds
        Least time between events that pass.
    every
        Of the events that reach this node, the first passes, and then each so-many-th. (`sample` goes by the number
        of the event in its stream instead.)

    Raises
    ------
    UsageError
        If neither or both are given; or with `seconds`, if there is no event to tell the time.

    Notes
    -----
    In a graph file::

        seen:    {type: throttle, in: clean, seconds: 2}
        picture: {type: plot, in: {value: seen}}

    Examples
    --------
    >>> from headrace.nodes import throttle
    >>> seen = throttle(every=3)
    >>> [seen.update(number) for number in range(5)]
    [0, SKIP, SKIP, 3, SKIP]
    """

    def __init__(
        self,
        *,
        seconds: Annotated[float, Meta(gt=0), Unit("s")] | None = None,
        every: Annotated[int, Meta(ge=1)] | None = None,
    ) -> None:
        for problem in _throttle_problems({"seconds": seconds, "every": every}):
            raise UsageError(problem)
        self._seconds, self._every = seconds, every
        self._events = 0
        self._passed_at: float | None = None

    def update(self, value: Value, *, event: Event | None = None) -> Value | Skip:
        """Let the value of one event pass, or not.

        Parameters
        ----------
        value
            What passes; it is handed on as it is.
        event
            The event, for its time.
        """
        self._events += 1
        if self._every is not None:
            return value if (self._events - 1) % self._every == 0 else SKIP
        return value if self._is_late(event) else SKIP

    def change(self, **pace: Any) -> None:
        """Let events pass at another pace from now on."""
        self._seconds, self._every = pace.get("seconds", self._seconds), pace.get("every", self._every)

    def _is_late(self, event: Event | None) -> bool:
        if event is None or self._seconds is None:
            problem = "throttle: 'seconds' is counted in the time of the events; pass 'event', or use 'every'"
            raise UsageError(problem)
        if self._passed_at is not None and 0 <= event.time - self._passed_at < self._seconds:
            return False
        self._passed_at = event.time
        return True


unique = node_class(Unique, family="filters")
throttle = node_class(
    Throttle, family="filters", problems_of=_throttle_problems, on_change={"seconds": "keep", "every": "keep"}
)
