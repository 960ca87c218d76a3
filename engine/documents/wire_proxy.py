"""A forwarding proxy: publishers come to one address, listeners to another, and neither needs to know the other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import zmq

from headrace.engine.documents.wire import MAX_BYTES
from headrace.engine.documents.wire_address import ZmqAddress
from headrace.engine.documents.wire_end import bind_here
from headrace.engine.documents.wire_gate import Gate

__all__ = ["ForwardingProxy", "ProxyCounts"]

_TURN = 100  # milliseconds after which it looks whether it should end
_AT_ONCE = 64  # messages forwarded before listeners are heard again
_LONGEST_NEWS = 4096  # bytes that a listener may send: a subscription is a prefix
_LAST = 1.0  # seconds for which what is still on the way may be sent at the end
_QUIET = 50  # milliseconds without a message after which nothing more is on the way
_PATIENCE = 0.5  # seconds for which a listener that is full is waited for, at most
_LEAST = 0.05  # seconds it is waited for in any case: one that keeps up needs a moment for what piled up meanwhile
_SHARE = 0.1  # part of the time that may be spent so


@dataclass(frozen=True, slots=True)
class ProxyCounts:
    """What went through so far.

    Attributes
    ----------
    messages, bytes
        What came in.
    overruns
        How often a listener was given up on because it was too slow. It has then lost this message, and all others
        until it has taken half of those that wait for it; how many that are, 0MQ doesn't tell.
    """

    messages: int = 0
    bytes: int = 0
    overruns: int = 0


class ForwardingProxy:
    """Forwards every message to all who listen to its prefix, in the order of arrival; frames are not copied.

    Bluesky's Publisher and RemoteDispatcher connect to it as to bluesky's own proxy. Other than that one it tells
    publishers what is listened to, so that what nobody wants is not sent; it counts how often listeners are too slow;
    and it takes CURVE keys on both sides.

    A listener that is full, with ``hwm`` messages waiting for it, is waited for: half a second at most, and seldom.
    Then it loses messages until it has caught up by half, and the others lose none.

    Parameters
    ----------
    publishers, listeners
        Where publishers and listeners come to. The address to bind; its prefixes mean nothing here.
    curve
        Folder with the proxy's keys and ``clients/``; empty for connections without keys.
    hwm
        Messages that may wait for each listener (0MQ's high-water mark), and from each publisher.

    Raises
    ------
    NotReachableError
        If an address is in use, or the keys are not there.
    UsageError
        If the keys make no sense.

    Notes
    -----
    One thread runs it. `stop` may be called from any thread, and in a signal handler.

    Attributes
    ----------
    endpoints
        Where publishers and listeners come to, as 0MQ writes it: with the port that was found for port 0.
    """

    def __init__(self, publishers: ZmqAddress, listeners: ZmqAddress, *, curve: str = "", hwm: int = 256) -> None:
        self._stopping = False  # a plain flag: setting it is safe in a signal handler
        self._messages = self._bytes = self._overruns = 0
        self._patience = _PATIENCE
        self._refreshed = time.monotonic()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._gate: Gate | None = None
        self._inlet = self._context.socket(zmq.XSUB)
        self._outlet = self._context.socket(zmq.XPUB)
        self._inlet.setsockopt(zmq.RCVHWM, hwm)
        self._inlet.setsockopt(zmq.MAXMSGSIZE, MAX_BYTES)
        self._outlet.setsockopt(zmq.SNDHWM, hwm)
        self._outlet.setsockopt(zmq.MAXMSGSIZE, _LONGEST_NEWS)
        self._outlet.setsockopt(zmq.XPUB_NODROP, 1)
        try:
            self._gate = Gate(self._context, curve) if curve else None
            for socket, address in ((self._inlet, publishers), (self._outlet, listeners)):
                bind_here(socket, address, self._gate)
        except BaseException:
            self.close()
            raise
        self.endpoints = tuple(
            socket.getsockopt(zmq.LAST_ENDPOINT).rstrip(b"\0").decode()  # type: ignore[union-attr]
            for socket in (self._inlet, self._outlet)
        )

    @property
    def counts(self) -> ProxyCounts:
        """What went through so far."""
        return ProxyCounts(self._messages, self._bytes, self._overruns)

    def run(self) -> None:
        """Forward until stopped; then what has arrived is still forwarded, for a second at most."""
        poller = zmq.Poller()
        poller.register(self._inlet, zmq.POLLIN)
        poller.register(self._outlet, zmq.POLLIN)
        while not self._stopping:
            ready = dict(poller.poll(_TURN))
            if self._outlet in ready:
                self._pass_subscriptions()
            if self._inlet in ready:
                self._forward(_AT_ONCE)
        deadline = time.monotonic() + _LAST
        while self._inlet.poll(_QUIET) and time.monotonic() < deadline:
            self._forward(_AT_ONCE)

    def stop(self) -> None:
        """Have it end. Never blocks; may be called twice."""
        self._stopping = True

    def close(self) -> None:
        """Release the addresses. Call it once `run` has ended. May be called twice."""
        for socket in (self._inlet, self._outlet):
            socket.close(linger=int(_LAST * 1000))
        if self._gate is not None:
            self._gate.close()
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pass_subscriptions(self) -> None:
        """Tell publishers what is listened to from now on, or no more."""
        while self._outlet.poll(0):
            news = self._outlet.recv()
            if news[:1] in (b"\0", b"\1"):  # a listener may send anything; only subscriptions concern publishers
                self._inlet.send(news)

    def _forward(self, most: int) -> int:
        """Forward what has arrived, up to so many messages; gives how many there were."""
        for number in range(most):
            try:
                parts = self._inlet.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return number
            self._messages += 1
            self._bytes += sum(map(len, parts))
            try:
                self._outlet.send_multipart(parts, zmq.NOBLOCK, copy=False)
            except zmq.Again:
                self._send_late(parts)
        return most

    def _send_late(self, parts: list[zmq.Frame]) -> None:
        """Send a message for which a listener has no room: wait for it if it may be, else pass that listener by."""
        began = time.monotonic()
        self._patience = min(_PATIENCE, self._patience + _SHARE * (began - self._refreshed))
        try:
            self._outlet.setsockopt(zmq.SNDTIMEO, int(max(_LEAST, self._patience) * 1000))
            self._outlet.send_multipart(parts, copy=False)
        except zmq.Again:
            self._outlet.setsockopt(zmq.XPUB_NODROP, 0)
            self._outlet.send_multipart(parts, copy=False)
            self._outlet.setsockopt(zmq.XPUB_NODROP, 1)
            self._overruns += 1
        finally:
            self._refreshed = time.monotonic()
            self._patience = max(0.0, self._patience - (self._refreshed - began))
