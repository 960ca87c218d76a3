"""Results as a run: what a pipeline hands over, as documents that validate against event-model."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from headrace.engine.documents.dimensions import motors
from headrace.engine.documents.encoding import Encoded, encode
from headrace.engine.documents.provenance import result_metadata
from headrace.engine.documents.result_hashes import FieldHashes
from headrace.engine.model.errors import DocumentError
from headrace.engine.model.records import DEAD_LETTERS, Event, EventKey, RunContext
from headrace.engine.runtime.dead_letters import DeadLetter
from headrace.engine.runtime.parameters import ParameterSet
from headrace.engine.runtime.plan import Output, Plan
from headrace.engine.runtime.receiver import RunSummary
from headrace.engine.runtime.revision import Revision

__all__ = ["RAW_SEQ_NUM", "Give", "ResultRun"]

RAW_SEQ_NUM = "raw_seq_num"
"""The field of a result's event that says which raw event it was made of."""

Give: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]
ComposeEvent: TypeAlias = Callable[..., Mapping[str, Any]]
_MadeBy: TypeAlias = tuple[str, ParameterSet]


@dataclass(frozen=True, slots=True)
class _Described:
    """A descriptor, as long as what it describes stays the same."""

    signature: Any
    compose_event: ComposeEvent


class ResultRun:
    """Composes the documents of one result run and emits them as they come.

    Parameters
    ----------
    run, plan, parameters
        The raw run and what is made of it.
    give
        Takes each document, with the uid of the result run before it.

    Attributes
    ----------
    uid
        Unique id of the result run.
    """

    def __init__(self, run: RunContext, plan: Plan, parameters: ParameterSet, give: Give) -> None:
        from event_model import compose_run

        self._run = run
        self._give = give
        named = {} if run.result is None else run.result._asdict()
        self._composed = compose_run(**named, metadata=result_metadata(run, plan, parameters), validate=False)
        self._made: Counter[str] = Counter()  # documents of each sort, for uids that follow from the run's
        self._streams: dict[str, _Described] = {}
        self._hashes = FieldHashes()
        began = run.start.get("time")
        self._began = float(began) if isinstance(began, int | float) else 0.0
        self.uid = str(self._composed.start_doc["uid"])
        self._emit("start", self._composed.start_doc)

    def _uid(self, sort: str) -> str | None:
        """Give the uid of the next document of a sort, the same after a crash; None to make up any."""
        if self._run.result is None:
            return None
        self._made[sort] += 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.uid}/{sort}/{self._made[sort]}"))

    def _emit(self, name: str, doc: Mapping[str, Any]) -> None:
        self._give(self.uid, name, doc)

    def value(self, output: Output, event: Event | None, value: Any, parameters: ParameterSet) -> None:
        """Emit one value of a result; the first one of its kind brings a descriptor."""
        encoded = encode(output.name, value)
        around = dict(_around(self._run.start, event)) if event is not None else {}
        time = event.time if event is not None else self._began
        self._write(output.name, encoded, around, time, (output.node, parameters))

    def dead_letter(self, letter: DeadLetter) -> None:
        """Emit a failure, as an event of the stream ``dead_letters``."""
        fields = {
            "node": letter.node,
            "phase": letter.phase,
            "raw_stream": letter.event.stream if letter.event else "",
            RAW_SEQ_NUM: letter.event.seq_num if letter.event else 0,
            "revision": letter.revision,
            "error": letter.error,
            "text": str(letter),
        }
        around = {name: (value, _plain_key(value)) for name, value in fields.items()}
        time = letter.time if letter.time is not None else self._began
        self._write(DEAD_LETTERS, Encoded({}, {}, (), ()), around, time)

    def _write(
        self, name: str, encoded: Encoded, around: Mapping[str, Any], time: float, made_by: _MadeBy | None = None
    ) -> None:
        around = {field: pair for field, pair in around.items() if field not in encoded.data}
        keys = {**encoded.keys, **{field: key for field, (_, key) in around.items()}}
        data = {**encoded.data, **{field: value for field, (value, _) in around.items()}}
        compose_event = self._described(name, encoded, keys, made_by)
        timestamps = dict.fromkeys(data, time)
        if made_by is not None:
            self._hashes.take(name, data)
        uid = self._uid(f"event of {name}")
        self._emit("event", compose_event(data=data, timestamps=timestamps, time=time, uid=uid, validate=False))

    def _described(self, name: str, encoded: Encoded, keys: Mapping[str, Any], made_by: _MadeBy | None) -> ComposeEvent:
        """Give what composes events of a stream, after a descriptor wherever fields or revision are new."""
        signature = (keys, made_by and made_by[1].revision)
        found = self._streams.get(name)
        if found is not None and found.signature == signature:
            return found.compose_event
        if found is not None and found.signature[0].keys() != keys.keys():
            before, now = set(found.signature[0]), set(keys)
            changed = ", ".join(sorted(before ^ now))
            problem = f"result {name!r} has other fields than before ({changed}); a stream keeps its fields for the run"
            raise DocumentError(problem)
        bundle = self._composed.compose_descriptor(
            name=name,
            uid=self._uid(f"descriptor of {name}"),
            data_keys={field: {**key, "object_name": name} for field, key in keys.items()},
            hints={name: {"fields": list(encoded.hints)}},
            object_keys={name: list(encoded.fields) or list(keys)},
            configuration={name: _configuration(*made_by)} if made_by else {},
        )
        self._emit("descriptor", bundle.descriptor_doc)
        described = _Described(signature, bundle.compose_event)
        self._streams[name] = described
        return described.compose_event

    def end(self, summary: RunSummary) -> None:
        """Emit the stop document: the verdict, and counts that add up."""
        status, reason = summary.verdict
        stop = dict(
            self._composed.compose_stop(exit_status=status, reason=reason, uid=self._uid("stop"), validate=False)
        )
        stop["headrace"] = {
            "nodes": {name: dict(count) for name, count in summary.counts.items()},
            "seconds": dict(summary.seconds),
            "latency": {name: dict(times) for name, times in summary.latency.items()},
            "events": [[stream, number] for stream, number in summary.events.items()],
            "lost": [[stream, number] for stream, number in summary.end.lost.items()],
            "repeated": [[stream, number] for stream, number in summary.end.repeated.items()],
            "dropped": summary.dropped,
            "dropped_before": [[stream, number] for stream, number in summary.end.dropped.items()],
            "notes": [[text, number] for text, number in summary.end.notes.items()],
            "complete": summary.end.complete,
            "failures": summary.failures,
            "units": _motor_units(summary),
            "revisions": [_revision(*pair) for pair in summary.revisions],
            "hashes": self._hashes.to_list(),
        }
        self._emit("stop", stop)


def _motor_units(summary: RunSummary) -> list[list[str]]:
    """Give the units of the scan's motors: what exists once per run has no descriptor with them."""
    keys = [dict(descriptor.get("data_keys") or {}) for descriptor in summary.descriptors.values()]
    units = {
        name: described[name].get("units")
        for name in motors(summary.run.start)
        for described in keys
        if name in described
    }
    return [[name, str(unit)] for name, unit in units.items() if unit]


def _revision(revision: Revision, first: EventKey | None) -> dict[str, Any]:
    """Give a revision as plain data; changes are pairs, since a key of a document must not have a dot."""
    data = revision.to_dict()
    changes = [[key, value] for key, value in data["changes"].items()]
    return {**data, "changes": changes, "first_event": [first.stream, first.seq_num] if first else None}


def _configuration(node: str, parameters: ParameterSet) -> dict[str, Any]:
    settings = json.dumps(parameters.to_dict()[node], sort_keys=True)
    about: dict[str, Any] = {"node": node, "revision": parameters.revision, "parameters": settings}
    return {
        "data": about,
        "timestamps": dict.fromkeys(about, 0.0),
        "data_keys": {key: _plain_key(value) for key, value in about.items()},
    }


def _plain_key(value: Any) -> dict[str, Any]:
    dtype, numpy_name = ("integer", "<i8") if isinstance(value, int) else ("string", "<U1")
    if isinstance(value, float):
        dtype, numpy_name = "number", "<f8"
    return {"dtype": dtype, "shape": [], "dtype_numpy": numpy_name, "source": "headrace"}


def _around(start: Mapping[str, Any], event: Event) -> Iterator[tuple[str, tuple[Any, dict[str, Any]]]]:
    """Give the raw event's number, and where the motors of the scan stood: field, value and data key."""
    yield RAW_SEQ_NUM, (event.key.seq_num, _plain_key(1))
    keys = event.descriptor.get("data_keys", {})
    for field in motors(start):
        if field in keys and not keys[field].get("external") and not keys[field].get("shape"):
            value: Any = event.data.get(field)
            if isinstance(value, int | float) or getattr(value, "shape", None) == ():
                kept = {word: keys[field][word] for word in ("source", "units", "precision") if word in keys[field]}
                yield field, (float(value), {**_plain_key(1.0), **kept})
