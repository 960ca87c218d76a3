"""How jobs are doing, as plain data: what the status command, ``/api/status`` and ``/metrics`` all tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["GraphStatus", "NodeStatus", "QueueStatus", "RunStatus", "SourceStatus", "Status"]


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """How one node of a run is doing. ``given`` = ``out`` + ``filtered`` + ``failed`` + ``dropped`` + ``queued``.

    Attributes
    ----------
    name, type
        The node and its type.
    state
        ``idle``, ``running``, ``waiting`` or ``error``: it failed on the last event it had.
    waiting_for
        The node whose value it waits for; empty if it waits for none.
    given
        Events for which all its inputs were there.
    out, filtered, failed
        Those it did, left out, failed on.
    dropped
        Those that came after a failure had stopped the run.
    queued
        Those in hand.
    rate
        Events per second, over the last seconds.
    p50, p95
        Seconds that half, and 95 %, of its events take at most, from a sample; None before the first.
    busy
        Share of the time, over the last seconds, that it was at work.
    seconds
        Time spent in it, in all.
    last_error
        Its last failure in this run: type and text; empty if it has not failed.
    last_error_event
        The event of that failure, as ``run/stream/number``.
    revision
        Number of the parameter set in force.
    """

    name: str
    type: str
    state: str
    waiting_for: str
    given: int
    out: int
    filtered: int
    failed: int
    dropped: int
    queued: int
    rate: float
    p50: float | None
    p95: float | None
    busy: float
    seconds: float
    last_error: str
    last_error_event: str
    revision: int


@dataclass(frozen=True, slots=True)
class RunStatus:
    """How one run is doing, or how it went.

    Attributes
    ----------
    uid, scan_id, plan_name
        The run, as its start document names it.
    result
        Unique id of the result run; empty as long as it is not known.
    began
        When the raw run began, in seconds since 1970; None if it does not say.
    state
        ``open``, or the verdict: ``success``, ``fail``, ``abort``.
    reason
        Why it is not ``success``.
    events
        Stream to the number of its events that came in.
    done
        Events that are done with, of all streams.
    announced
        Events that the run said it would have; None if it said nothing.
    working_on
        The event in hand, as ``run/stream/number``; empty if none is.
    lost, repeated
        Stream to events that never came (so far: numbers that were left out), and that came again.
    overrun
        Stream to events that came too fast, and were given up before any work.
    dropped
        Events that came after a node's failure had stopped the run.
    silent
        Seconds since the last document of the run; None if not live, or over.
    failures
        Failures of nodes so far.
    rate
        Events per second, over the last seconds.
    lag
        Seconds from the time that the last event says of itself to the end of the work on it. The clocks of
        beamline and analysis may differ.
    revision
        Number of the parameter set in force.
    nodes
        Its nodes, in the order of the graph.
    places
        Where the result was written.
    notes
        What was odd about its documents, and how often.
    """

    uid: str
    scan_id: int | str | None
    plan_name: str
    result: str
    began: float | None
    state: str
    reason: str
    events: Mapping[str, int]
    done: int
    announced: int | None
    working_on: str
    lost: Mapping[str, int]
    repeated: Mapping[str, int]
    overrun: Mapping[str, int]
    dropped: int
    silent: float | None
    failures: int
    rate: float
    lag: float | None
    revision: int
    nodes: tuple[NodeStatus, ...]
    places: tuple[str, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GraphStatus:
    """How one graph of a service is doing.

    Attributes
    ----------
    name, file, digest
        The graph, the file in which it is written (empty if in none) and its hash.
    revision
        Number of the parameter set in force.
    open
        Runs under way, the oldest first.
    ended
        Runs that have ended, the newest first; no more than some.
    runs_ended
        How many have ended in all, by verdict.
    held
        Runs that wait before the graph for other runs that they refer to: uid to node to the reason in words.
    files
        The data file that is waited for; empty if none is.
    """

    name: str
    file: str
    digest: str
    revision: int
    open: tuple[RunStatus, ...]
    ended: tuple[RunStatus, ...]
    runs_ended: Mapping[str, int]
    held: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: str = ""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How it stands with documents that have come and wait for work. Graphs that agree on the policy share a queue.

    Attributes
    ----------
    graphs
        Whose queue it is.
    policy
        What is done when too much waits: ``block``, ``drop_oldest``, ``latest``, ``spill``.
    waiting, waiting_bytes
        Documents that wait in memory, and their bytes.
    max_documents, max_bytes
        The bounds of these.
    oldest_age
        Seconds that the oldest of them has waited; None if none waits.
    spilled
        Documents that wait on the disk.
    dropped
        Events that were given up because too much waited.
    discarded
        Documents that were given up because the service was to end.
    passed_by, passed_over
        Runs that no graph wanted, and documents that could not be understood.
    unknown_runs
        Runs of which documents came, but not the beginning.
    notes
        What was odd about documents, and how often.
    """

    graphs: tuple[str, ...]
    policy: str
    waiting: int
    waiting_bytes: int
    max_documents: int
    max_bytes: int
    oldest_age: float | None
    spilled: int
    dropped: int
    discarded: int
    passed_by: int
    passed_over: int
    unknown_runs: int
    notes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How it stands with a live source.

    Attributes
    ----------
    address
        Where documents come from.
    connected
        Whether the proxy is there.
    reconnects
        How often it came back.
    received, refused
        Documents that were decoded, and messages that were dropped because they were none.
    last_refusal
        Why the last of these was refused.
    other_prefix
        Messages of publishers that were not asked for.
    queues
        What waits for work.
    """

    address: str
    connected: bool
    reconnects: int
    received: int
    refused: int
    last_refusal: str
    other_prefix: int
    queues: tuple[QueueStatus, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """How a service, or a job on stored runs, is doing.

    Attributes
    ----------
    version, pid, host
        Of headrace, of the process, of the machine.
    since, now
        When it began, and the time of these numbers, in seconds since 1970.
    phase
        ``waiting`` for runs, ``working``, or ``ending``.
    memory
        Bytes of memory that the process has.
    source
        The live source; None on stored runs.
    journal
        What the journal says of itself; empty if there is none.
    graphs
        Its graphs.
    """

    version: str
    pid: int
    host: str
    since: float
    now: float
    phase: str
    memory: int
    source: SourceStatus | None
    journal: Mapping[str, Any]
    graphs: tuple[GraphStatus, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data, for JSON."""
        return asdict(self)
