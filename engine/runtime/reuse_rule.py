"""What of a run is worth keeping."""

from __future__ import annotations

from typing import Any

from headrace.engine.model.node_type import NodeType
from headrace.engine.runtime.absent import Absent
from headrace.engine.runtime.cache_codec import NotKeepableError, decode, encode
from headrace.engine.runtime.plan import Plan, Step, Work

__all__ = ["SMALL", "as_bytes", "from_bytes", "is_kept", "size_of"]

SMALL = 1 << 18
"""Bytes up to which a value of one event is kept without being asked for: tables, numbers and curves, no images."""

_MARKS = {Absent.FILTERED: b"f", Absent.UPSTREAM: b"u"}
_ABSENT = {b"f": Absent.FILTERED, b"u": Absent.UPSTREAM}


def is_kept(step: Step, plan: Plan) -> bool:
    """Tell whether values that a step gives may be kept."""
    kind: NodeType = plan.types[step.node]
    if step.publishes or step.work in (Work.KEEP, Work.BEGIN, Work.MISSING):
        return False
    return bool(step.outs or step.value_outs) and not (
        kind.is_source or kind.volatile or plan.graph.nodes[step.node].cache == "never"
    )


def size_of(value: Any) -> int:
    """Give about how many bytes a value takes; most often without looking at it."""
    size = getattr(value, "nbytes", None)
    if size is not None:
        return int(size)
    if hasattr(value, "columns") and hasattr(value, "iloc"):
        return len(value) * len(value.columns) * 8
    return len(value) if isinstance(value, str | bytes) else 64


def as_bytes(value: Any) -> bytes | None:
    """Give what is kept of a value, or of why there is none; None if nothing can be."""
    if value.__class__ is Absent:
        return _MARKS.get(value)
    try:
        return encode(value)
    except NotKeepableError:
        return None


def from_bytes(data: memoryview, *, whole: bool) -> Any:
    """Give the value that was kept, or why there is none; see `decode`."""
    return _ABSENT[bytes(data)] if len(data) == 1 else decode(data, whole=whole)
