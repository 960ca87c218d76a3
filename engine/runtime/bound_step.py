"""A step made ready to run: its function, its parameters and its slots in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from headrace.engine.model.records import Event
from headrace.engine.model.skip import SKIP
from headrace.engine.runtime.absent import Absent

__all__ = [
    "Apply",
    "Slots",
    "applied",
    "held_begin",
    "held_fallback",
    "held_update",
    "kept",
    "remembered",
    "store",
    "when_changed",
    "with_value",
]

Slots: TypeAlias = list[Any]
Apply: TypeAlias = Callable[[Slots, "Event | None"], Any]
"""Takes the slots and the event; gives the value, or `Absent` if there is none."""
Places: TypeAlias = Sequence[tuple[int | None, int]]


def store(slots: Slots, outs: Places, value: Any) -> None:
    """Put a value into its slots, field by field where it has several."""
    for field, slot in outs:
        slots[slot] = value if field is None or value.__class__ is Absent else value[field]


def applied(call: Callable[..., Any], ins: Sequence[tuple[str | None, int]], event_name: str | None) -> Apply:
    """Bind a function to its slots, and to the event if it asks for it."""
    if event_name is None and [name for name, _ in ins] == [None, None]:
        return _two(call, ins[0][1], ins[1][1])
    if event_name is not None and not ins:
        return lambda slots, event: call(**{event_name: event})
    return _any(call, ins, event_name)


def _two(call: Callable[..., Any], first: int, second: int) -> Apply:
    def apply(slots: Slots, event: Event | None) -> Any:
        left, right = slots[first], slots[second]
        if left.__class__ is Absent or right.__class__ is Absent:
            return Absent.UPSTREAM
        return call(left, right)

    return apply


def _any(call: Callable[..., Any], ins: Sequence[tuple[str | None, int]], event_name: str | None) -> Apply:
    places = [slot for name, slot in ins if name is None]
    names = [(name, slot) for name, slot in ins if name is not None]

    def apply(slots: Slots, event: Event | None) -> Any:
        positional = [slots[slot] for slot in places]
        keywords = {name: slots[slot] for name, slot in names}
        for value in (*positional, *keywords.values()):
            if value.__class__ is Absent:
                return Absent.UPSTREAM
        if event_name is not None:
            keywords[event_name] = event
        return call(*positional, **keywords)

    return apply


def with_value(update: Apply, value: Callable[[], Any], outs: Places) -> Apply:
    """After each update, put the value so far into its slots, unless the node has nothing to show for this event."""

    def apply(slots: Slots, event: Event | None) -> Any:
        store(slots, outs, Absent.UPSTREAM)
        result = update(slots, event)
        if result.__class__ is not Absent and result is not SKIP:
            shown = value()
            store(slots, outs, Absent.FILTERED if shown is SKIP else shown)
        return result

    return apply


def remembered(apply: Apply, remember: Callable[[Any], None]) -> Apply:
    """Tell about each good value."""

    def telling(slots: Slots, event: Event | None) -> Any:
        value = apply(slots, event)
        if value.__class__ is not Absent and value is not SKIP:
            remember(value)
        return value

    return telling


def held_begin(begin: Callable[[], Any]) -> Apply:
    """Ask a held node for what it knows at run start; nothing yet is no fault."""

    def apply(slots: Slots, event: Event | None) -> Any:
        value = begin()
        return Absent.WAITING if value is SKIP else value

    return apply


def held_update(update: Apply) -> Apply:
    """Renew a held value; an event that is absent or left out leaves the former one in force."""

    def apply(slots: Slots, event: Event | None) -> Any:
        value = update(slots, event)
        return Absent.UNCHANGED if value is Absent.UPSTREAM or value is SKIP else value

    return apply


def held_fallback(missing: Callable[[], Any], slot: int) -> Apply:
    """Ask a held node about an event for which its value has not come."""

    def apply(slots: Slots, event: Event | None) -> Any:
        return missing() if slots[slot] is Absent.WAITING else Absent.UNCHANGED

    return apply


def when_changed(apply: Apply, ins: Sequence[tuple[str | None, int]]) -> Apply:
    """Call again only if an input is another object than the last time: for what holds for many events."""
    slots_in = [slot for _, slot in ins]
    last: list[Any] = []

    def changed(slots: Slots, event: Event | None) -> Any:
        nonlocal last
        now = [slots[slot] for slot in slots_in]
        if len(last) == len(now) and all(old is new for old, new in zip(last, now, strict=True)):
            return Absent.UNCHANGED
        last = now
        return apply(slots, event)

    return changed


def kept(takers: Sequence[tuple[int, Callable[[Event | None, Any], None]]]) -> Apply:
    """Hand every value that is there to whoever keeps it; one that can't be kept does not stop the others."""

    def apply(slots: Slots, event: Event | None) -> Any:
        given, problem = False, None
        for slot, take in takers:
            value = slots[slot]
            if value.__class__ is not Absent:
                given = True
                try:
                    take(event, value)
                except Exception as error:
                    problem = problem or error
        if problem is not None:
            raise problem
        return True if given else Absent.UPSTREAM

    return apply
