"""Documents as they happen: a subscriber to a bluesky 0MQ proxy that survives whatever is sent to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import zmq

from headrace.engine.documents.dropped_events import DroppedEvents
from headrace.engine.documents.intake_queue import DocumentQueue, IntakeQueue, Named
from headrace.engine.documents.rare_log import RareLog
from headrace.engine.documents.wire import MAX_BYTES, Message
from headrace.engine.documents.wire_address import parse_address, resolve
from headrace.engine.documents.wire_end import join_peer
from headrace.engine.documents.wire_link import Link
from headrace.engine.documents.wire_message import read_message, size_of
from headrace.engine.documents.wire_refusal import RefusalError, RefusalKind
from headrace.engine.model.errors import NotReachableError, UsageError
from headrace.engine.model.intake import IntakeRule
from headrace.engine.model.one_line import one_line

__all__ = ["LiveSource", "LiveStats"]

_LOG = logging.getLogger(__name__)
_TURN = 100  # milliseconds after which the reader looks whether it should end
_PATIENCE = 1.0  # seconds of silence before it is said that a proxy is not up


@dataclass(frozen=True, slots=True)
class LiveStats:
    """What came in so far.

    Attributes
    ----------
    received
        Documents that were decoded.
    refused
        Messages that were not plain documents; each was dropped.
    last_refusal
        Why the last of these was refused; empty if none was.
    other_prefix
        Messages of publishers that were not asked for.
    waiting
        Documents decoded but not yet taken.
    waiting_bytes
        Bytes of the messages of these.
    discarded
        Documents given up because the source was closed before they were taken.
    connected
        Whether the proxy is there.
    reconnects
        How often it came back after it had gone away; what was published between is lost.
    """

    received: int = 0
    refused: int = 0
    last_refusal: str = ""
    other_prefix: int = 0
    waiting: int = 0
    waiting_bytes: int = 0
    discarded: int = 0
    connected: bool = False
    reconnects: int = 0


class LiveSource:
    """Documents from the out-port of a bluesky 0MQ proxy, in the order of arrival.

    A thread of its own reads the socket and decodes; documents wait in a bounded queue until they are taken. While
    the queue is full the thread stops reading: messages then wait in 0MQ, here and in the proxy, and when these are
    full too the proxy drops them, which shows as gaps in ``seq_num``.

    Bluesky's messages are read, pickled or in msgpack, and headrace's raw form beside them, whichever comes.
    A malformed or hostile message is counted, told to the log once per kind, and dropped; nothing in it is
    executed and the next message still arrives. A proxy that is not up yet, or goes away, is waited for.

    Parameters
    ----------
    address
        ``zmq://host:port/prefix`` with the proxy's *out*-port. Several prefixes have commas between them; without any,
        documents of all publishers are taken, as bluesky's RemoteDispatcher does. ``?curve=FOLDER`` names the keys of
        an encrypted connection. A publisher that binds is listened to like a proxy.
    prefixes
        The prefixes, in place of those in the address. ``""`` is the prefix of a publisher that set none. A prefix is
        matched as a whole: ``raw`` does not match ``rawx``.
    max_documents, max_bytes
        How many documents, and how many bytes of messages, may wait.
    max_message_bytes
        A larger message is not taken; 0MQ drops the connection and makes it anew.
    queue
        Where documents are put, in place of a queue of its own; whoever gave it takes them from there, and the source
        is not iterated.
    keep
        Called with each document, and the message that it came in, before it is put there.
    hwm
        Messages that 0MQ may hold on top of the queue (its receive high-water mark).
    connected_within
        Seconds within which the proxy must be there; None to wait for it as long as it takes.
    resolved_within
        Seconds within which the name of the host must be found.

    Raises
    ------
    UsageError
        If the address or a prefix makes no sense.

    Notes
    -----
    One thread iterates. `stop`, `close` and `stats` may be used from any thread, the first two also in a
    signal handler.

    Examples
    --------
    Print what happens, until interrupted::

        with LiveSource("zmq://127.0.0.1:5578/raw") as source:
            for name, doc in source:
                print(name, doc.get("uid"))
    """

    def __init__(
        self,
        address: str,
        prefixes: Sequence[str] | None = None,
        *,
        max_documents: int = 10_000,
        max_bytes: int = 1 << 30,
        max_message_bytes: int = MAX_BYTES,
        queue: DocumentQueue | None = None,
        keep: Callable[[Message, Sequence[zmq.Frame]], None] | None = None,
        hwm: int = 100,
        connected_within: float | None = None,
        resolved_within: float = 5.0,
    ) -> None:
        self.address = parse_address(address)
        self._prefixes = self.address.prefixes if prefixes is None else _as_bytes(prefixes)
        self._max_message_bytes = max_message_bytes
        self._hwm = hwm
        self._connected_within = connected_within
        self._resolved_within = resolved_within
        self._own = IntakeQueue(IntakeRule("block", max_documents, max_bytes))
        self._queue: DocumentQueue = queue or self._own
        self._keep = keep
        self._reader: threading.Thread | None = None
        self._closing = False  # a plain flag: setting it is safe in a signal handler
        self.failure: BaseException | None = None
        """What ended the reader, if it was nobody's wish."""
        # Written by the reader only.
        self._received = 0
        self._refused = 0
        self._last_refusal = ""
        self._other_prefix = 0
        self._connected = False
        self._connections = 0
        self._rare = RareLog(_LOG)
        self._told: set[RefusalKind] = set()

    def open(self) -> None:
        """Connect and begin to listen; documents published from now on are received. Does nothing the second time.

        Raises
        ------
        NotReachableError
            If the host can't be found, or the proxy is not there within the time that was given for it.
        UsageError
            If the source was closed.
        """
        if self._closing:
            text = f"the source {self.address} was closed; make a new one"
            raise UsageError(text)
        if self._reader is not None:
            return
        resolve(self.address, self._resolved_within)
        context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        subscriber = context.socket(zmq.SUB)
        link = Link(subscriber)
        try:
            self._connect(subscriber, link)
        except BaseException:
            _release(context, subscriber, link)
            raise
        self._reader = threading.Thread(
            target=self._read, args=(context, subscriber, link), name=f"reader of {self.address}", daemon=True
        )
        self._reader.start()

    def stop(self) -> None:
        """Stop listening: iteration gives what still waits, and ends. Never blocks; may be called twice."""
        self._closing = True
        self._queue.finish()

    def close(self) -> None:
        """End it: iteration stops at once, what still waits is discarded. Never blocks; may be called twice."""
        self._closing = True
        self._queue.close()

    @property
    def stats(self) -> LiveStats:
        """What came in so far."""
        waiting, waiting_bytes = self._queue.waiting()
        return LiveStats(
            received=self._received,
            refused=self._refused,
            last_refusal=self._last_refusal,
            other_prefix=self._other_prefix,
            waiting=waiting,
            waiting_bytes=waiting_bytes,
            discarded=self._queue.discarded,
            connected=self._connected,
            reconnects=max(0, self._connections - 1),
        )

    def __iter__(self) -> Iterator[Named]:
        """Give (name, document) until the source is closed."""
        if not self._closing:
            self.open()
        while (taken := self._own.get()) is not None:
            if not isinstance(taken.item, DroppedEvents):  # none are: this queue blocks
                yield taken.item
        if self.failure is not None:
            raise self.failure

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._reader is not None:
            self._reader.join()

    def _connect(self, subscriber: zmq.Socket[bytes], link: Link) -> None:
        subscriber.setsockopt(zmq.LINGER, 0)
        subscriber.setsockopt(zmq.RCVHWM, self._hwm)
        subscriber.setsockopt(zmq.MAXMSGSIZE, self._max_message_bytes)
        for prefix in self._prefixes:
            subscriber.setsockopt(zmq.SUBSCRIBE, prefix + b" ")
        if not self._prefixes:
            subscriber.setsockopt(zmq.SUBSCRIBE, b"")
        join_peer(subscriber, self.address)
        within = self._connected_within
        if within is not None and not link.wait(within):
            text = f"{self.address}: no 0MQ proxy answers there within {within:g} s. {link.advice('out')}"
            raise NotReachableError(text)

    def _read(self, context: zmq.Context[Any], subscriber: zmq.Socket[bytes], link: Link) -> None:
        """Be the reader thread, which owns the sockets and releases them."""
        try:
            poller = zmq.Poller()
            poller.register(subscriber, zmq.POLLIN)
            poller.register(link.events, zmq.POLLIN)
            began = time.monotonic()
            while not self._closing:
                ready = dict(poller.poll(_TURN))
                if link.events in ready or not self._connected:
                    began = self._watch(link, began)
                if subscriber in ready:
                    self._take(subscriber.recv_multipart(copy=False))
        except BaseException as error:  # told to whoever iterates, in place of an end without a reason
            self.failure = error
            self._queue.close()
        finally:
            _release(context, subscriber, link)

    def _watch(self, link: Link, since: float) -> float:
        """Tell the log about the connection; gives the time since which a lack of it is not told yet."""
        link.update()
        self._connections = link.connections
        if link.connected != self._connected:
            self._connected = link.connected
            if self._connected:
                again = "" if self._connections == 1 else " again; what was published meanwhile is lost"
                _LOG.info("connected to %s%s", self.address, again)
                return float("inf")
            self._rare.warning("away", "%s: the proxy went away; waiting for it", self.address)
        elif not self._connected and time.monotonic() - since > _PATIENCE:
            _LOG.warning("%s: no 0MQ proxy answers there yet; waiting for it", self.address)
            return float("inf")
        return since

    def _take(self, parts: list[zmq.Frame]) -> None:
        """Decode one message and queue it, or account for it."""
        try:
            message = read_message(parts, self._prefixes, max_bytes=self._max_message_bytes)
        except RefusalError as refusal:
            self._refuse(refusal)
            return
        except Exception as error:  # whatever anybody sends must not end the service
            text = f"a message of {size_of(parts)} bytes can't be read ({type(error).__name__}: {one_line(error, 120)})"
            self._refuse(RefusalError(text, "malformed"))
            return
        if message is None:
            self._other_prefix += 1
            return
        self._received += 1
        self._keep_it(message, parts)
        try:
            self._queue.put((message.name, message.doc), size_of(parts))
        except Exception as error:
            text = f"a {message.name} document can't be taken in ({type(error).__name__}: {one_line(error, 120)})"
            self._refuse(RefusalError(text, "value"))

    def _keep_it(self, message: Message, parts: list[zmq.Frame]) -> None:
        """Have it kept before anything is made of it; what can't be kept is worked on all the same."""
        try:
            if self._keep is not None:
                self._keep(message, parts)
        except Exception as error:
            self._rare.warning("keep", "a %s document can't be kept: %s: %s", message.name, type(error).__name__, error)

    def _refuse(self, refusal: RefusalError) -> None:
        self._refused += 1
        self._last_refusal = str(refusal)
        if refusal.kind not in self._told:
            self._told.add(refusal.kind)
            _LOG.warning("%s: a message was dropped: %s (told once per kind, counted always)", self.address, refusal)


def _as_bytes(prefixes: Sequence[str]) -> tuple[bytes, ...]:
    for prefix in prefixes:
        if isinstance(prefixes, str) or not isinstance(prefix, str) or " " in prefix:
            text = f"prefixes are {prefixes!r}; a list of words without spaces was expected, such as ['raw']"
            raise UsageError(text)
    return tuple(prefix.encode() for prefix in prefixes)


def _release(context: zmq.Context[Any], subscriber: zmq.Socket[bytes], link: Link) -> None:
    link.close()
    subscriber.close()
    context.term()
