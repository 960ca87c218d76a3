"""Looking into a pipeline at work: probes at its ports that keep references, put there only while somebody looks."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from headrace.engine.model.records import Event, EventKey
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.pipeline import Pipeline
from headrace.engine.runtime.run_state import RunState
from headrace.engine.web.moments import LARGE, Moment, Moments
from headrace.engine.web.running_values import RunningValues

__all__ = ["SPACING", "Probe", "Watch"]

SPACING = 0.25
"""Seconds between two events of which large values are kept, where these are very large; less where they are not."""
_PACE = 64 << 20  # bytes of large values in a second that are kept: each makes the graph take cold memory in its place
_SIDE = 512  # pixels to which images are thinned where one event's would take too much memory


class Watch:
    """The last values of a pipeline's ports.

    `begin` and `end` wait for the work on the event under way; call them where waiting is all right. The rest may
    be called from any thread and waits for nothing.

    Parameters
    ----------
    pipeline
        The pipeline.
    limit
        Bytes that large values may take.

    Attributes
    ----------
    moments
        The events that are kept.
    lasting
        ``node.port`` to the value that holds for a run, or came at its end.
    every
        Whether large values are kept of every event, as far as memory goes.
    odd
        How often a value could not be looked at.
    """

    def __init__(self, pipeline: Pipeline, limit: int = 128 << 20) -> None:
        self.pipeline = pipeline
        self.moments = Moments(limit)
        self.lasting: dict[str, Any] = {}
        self.every = False
        self.odd = 0
        self.key: EventKey | None = None
        self.now: Moment | None = None
        self._most = limit // 2
        self._due = 0.0
        self._last_heavy = 0
        self._number = 0
        self._probes: Mapping[str, Probe] = {}
        self._running = RunningValues(pipeline.plan)
        self._changing = threading.Lock()

    def begin(self) -> None:
        """Put probes at every port there is; what is there already stays."""
        with self._changing:
            ports = [f"{node}.{port}" for node, port in self.pipeline.plan.slots]
            if set(ports) != set(self._probes):
                self._probes = {port: self._probes.get(port) or Probe(port, self) for port in ports}
                self.pipeline.probe(self._probes)

    def end(self) -> None:
        """Take the probes away, and let go of every value."""
        with self._changing:
            self._probes = {}
            self.pipeline.probe({})
            self.moments.clear()
            self.lasting.clear()
            self.key = self.now = None

    @property
    def there(self) -> bool:
        """Whether any probes are in place."""
        return bool(self._probes)

    @property
    def stale(self) -> bool:
        """Whether the pipeline has other ports than those that are looked at."""
        return len(self._probes) != len(self.pipeline.plan.slots) or any(
            f"{node}.{port}" not in self._probes for node, port in self.pipeline.plan.slots
        )

    def turn(self, event: Event) -> Moment:
        """Begin another event."""
        now = time.monotonic()
        full = self.every or now >= self._due
        if full:
            self._due = now + min(SPACING, self._last_heavy / _PACE)
        self._number += 1
        self.key = event.key
        state = next((one for one in self.pipeline.under_way if one.run.uid == event.key.run), None)
        revision = state.parameters.revision if state is not None else self.pipeline.parameters.revision
        if self.now is not None and self.now.full:
            self._last_heavy = self.now.heavy
        moment = self.now = Moment(self._number, event.key, event.time, revision, full)
        if full and state is not None:
            self._ask(state, moment, now)
        self.moments.add(moment)
        return moment

    def _ask(self, state: RunState, moment: Moment, now: float) -> None:
        """Take what stateful nodes have so far, up to the event before."""
        if self._running.plan is not state.plan:
            self._running = RunningValues(state.plan)
        for port, value in self._running.ask(state, now):
            self.keep(moment, port, value)

    def keep(self, moment: Moment, port: str, value: Any) -> None:
        """Keep a reference to a value; of a large one only where that is wanted and there is room."""
        size = _size(value)
        if size <= LARGE:
            moment.small[port] = value
        elif moment.full:
            if moment.heavy + size > self._most:
                value = _thinned(value)
                size = _size(value)
            moment.large[port] = value
            moment.heavy += size
        else:
            return
        moment.size += size


class Probe:
    """Keeps what one port gives. Called in the work of the graph: a few hundred nanoseconds."""

    __slots__ = ("_port", "_watch", "slot")

    def __init__(self, port: str, watch: Watch) -> None:
        self.slot = -1
        self._port = port
        self._watch = watch

    def emit(self, slots: list[Any], event: Event | None) -> Any:
        """Keep a reference to what is in the slot, if anything is."""
        if not 0 <= self.slot < len(slots):
            return Absent.UNCHANGED  # the port is gone
        value = slots[self.slot]
        if value is None or value.__class__ is Absent:
            return Absent.UNCHANGED
        watch = self._watch
        try:
            if event is None:
                watch.lasting[self._port] = value
            else:
                moment = watch.now
                if moment is None or event.key is not watch.key:
                    moment = watch.turn(event)
                watch.keep(moment, self._port, value)
        except Exception:  # a value that is odd to look at must not harm the work on it
            watch.odd += 1
        return Absent.UNCHANGED


def _size(value: Any) -> int:
    """Give the bytes that a reference keeps: of a view, those of the array it looks at."""
    if value.__class__ is np.ndarray:
        base = value.base
        return int(value.nbytes if base is None else max(value.nbytes, getattr(base, "nbytes", 0)))
    if hasattr(value, "columns"):
        return 8 * int(value.size)
    return sys.getsizeof(value, 64)


def _thinned(value: Any) -> Any:
    """Give a small copy of images: every so many pixels."""
    if not isinstance(value, np.ndarray) or value.ndim < 2:
        return f"too large to be shown: {value.__class__.__name__}"
    steps = [slice(None, None, max(1, -(-side // _SIDE))) for side in value.shape[-2:]]
    first = value[(slice(0, 1),) * (value.ndim - 2)]
    return first[..., steps[0], steps[1]].copy()
