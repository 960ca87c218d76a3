"""How a finished run did, in the shape of a status, from the documents of its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["stored_status"]


def stored_status(start: Mapping[str, Any], stop: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give a graph's status with one run that has ended.

    Parameters
    ----------
    start, stop
        The documents of the result run; ``stop`` is None if it never ended.

    Examples
    --------
    >>> stored_status({"uid": "a", "raw_uid": "b"}, None)["ended"][0]["state"]
    'not ended'
    """
    about = _mapping(start.get("headrace"))
    done = _mapping((stop or {}).get("headrace"))
    events = {str(pair[0]): int(pair[1]) for pair in done.get("events", ()) if len(pair) == 2}
    verdict = str((stop or {}).get("exit_status", "not ended"))
    number = start.get("num_points")
    run = {
        "uid": str(start.get("raw_uid", "")),
        "scan_id": start.get("scan_id"),
        "plan_name": str(start.get("plan_name", ""))[:100],
        "result": str(start["uid"]),
        "began": start.get("time"),
        "state": verdict,
        "reason": str((stop or {}).get("reason") or ""),
        "events": events,
        "done": sum(events.values()),
        "announced": number if isinstance(number, int) else None,
        "lost": {str(pair[0]): pair[1] for pair in done.get("lost", ()) if len(pair) == 2},
        "failures": int(done.get("failures", 0)),
        "rate": 0.0,
        "lag": None,
        "revision": int(about.get("revision", 1)),
        "nodes": list(_nodes(done)),
        "places": [],
    }
    name = str(_mapping(about.get("graph")).get("graph", ""))
    return {"name": name, "revision": run["revision"], "open": [], "ended": [run], "runs_ended": {verdict: 1}}


def _nodes(done: Mapping[str, Any]) -> list[dict[str, Any]]:
    seconds = _mapping(done.get("seconds"))
    latency = _mapping(done.get("latency"))
    total = sum(float(one) for one in seconds.values()) or 1.0
    found = []
    for name, count in _mapping(done.get("nodes")).items():
        numbers = {word: int(_mapping(count).get(word, 0)) for word in ("in", "out", "filtered", "failed")}
        spent = float(seconds.get(name, 0.0))
        found.append(
            {
                "name": str(name),
                "state": "error" if numbers["failed"] else "idle",
                "waiting_for": "",
                "given": numbers.pop("in"),
                **numbers,
                "dropped": 0,
                "queued": 0,
                "rate": 0.0,
                "p95": _mapping(latency.get(name)).get("p95"),
                "busy": spent / total,
                "seconds": spent,
                "last_error": "",
            }
        )
    return found


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
