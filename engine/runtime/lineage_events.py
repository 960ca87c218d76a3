"""The identity of an event, from its documents: no value that was measured is looked at, but for plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.model.records import Event, RecordedRun, RunContext
from headrace.engine.runtime.lineage_keys import Key, canonical, hashed, unique

__all__ = ["EventKeys", "key_of_found", "key_of_start"]


def key_of_start(run: RunContext) -> Key:
    """Give the identity of a run: all that its start document says."""
    return hashed(b"run", canonical(run.start), run.seal.encode())


def key_of_found(run: RecordedRun | None) -> Key:
    """Give the identity of another run that was looked up, as it is now.

    One that has not ended may be another one tomorrow, and is never the same.
    """
    if run is None:
        return hashed(b"no such run")
    stop: Any = getattr(run, "stop", None)
    if not isinstance(stop, Mapping):
        return unique()
    return hashed(b"found", canonical(run.start), canonical(stop), str(getattr(run, "seal", "")).encode())


class EventKeys:
    """The identities of a run's events.

    Parameters
    ----------
    run
        The run.
    """

    def __init__(self, run: RunContext) -> None:
        self._run = key_of_start(run)
        self._scalars: dict[int, tuple[Mapping[str, Any], bytes, tuple[str, ...]]] = {}

    def key(self, event: Event) -> Key:
        """Give the identity of an event: who it is, when it was recorded, and the plain numbers and texts it holds.

        Fields that are stored elsewhere are not looked at, nor are arrays.
        """
        _, about, names = self._descriptor(event.descriptor)
        if not event.uid and not event.descriptor.get("uid"):  # made by hand: nothing says that it is the same again
            return unique()
        key = event.key
        found = [repr(event.data[name]) for name in names if name in event.data]
        text = f"{key.stream}\n{key.seq_num}\n{event.uid}\n{event.time!r}\n" + "\n".join(found)
        return hashed(self._run, about, text.encode("utf-8", "surrogatepass"))

    def _descriptor(self, descriptor: Mapping[str, Any]) -> tuple[Mapping[str, Any], bytes, tuple[str, ...]]:
        """Give what counts of a descriptor, and which fields are plain; the same object is looked at once."""
        known = self._scalars.get(id(descriptor))
        if known is None:
            fields = descriptor.get("data_keys") or {}
            plain = tuple(sorted(name for name, key in fields.items() if _is_plain(key)))
            about = canonical([descriptor.get("uid"), descriptor.get("time"), descriptor.get("configuration")])
            known = self._scalars[id(descriptor)] = (descriptor, about, plain)  # held, so that its id stays its own
        return known


def _is_plain(data_key: Mapping[str, Any]) -> bool:
    return not data_key.get("external") and not data_key.get("shape") and data_key.get("dtype") != "array"
