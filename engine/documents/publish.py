"""Documents out to the world: a publisher on 0MQ, to a proxy or without one, that says when nobody can hear it."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import zmq

from headrace.engine.documents.wire_address import Format, parse_address, resolve
from headrace.engine.documents.wire_end import bind_here, join_peer
from headrace.engine.documents.wire_gate import Gate
from headrace.engine.documents.wire_link import Link
from headrace.engine.documents.wire_writing import writer_of
from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["DEFAULT_FORMAT", "DocumentPublisher"]

DEFAULT_FORMAT: Format = "msgpack"
"""How documents are written unless said otherwise: in a form that nothing can be executed by."""

_LOG = logging.getLogger(__name__)
_GRACE = 1.0  # seconds in which a proxy that is connected, or a listener that waits, has asked for documents
_HWM = {"raw": 32}  # messages that 0MQ may hold; raw ones have large arrays
_PLAIN_HWM = 256
_HEAD = 256  # bytes of a message to which a subscription is compared


class DocumentPublisher:
    """Sends documents to the in-port of a 0MQ proxy, or without a proxy to those who listen at its own address.

    It is a callable ``(name, document)``, as bluesky's callbacks are. Documents are written

    - as msgpack by default: any bluesky listener reads them once it is told how, with
      ``RemoteDispatcher(..., deserializer=headrace.deserializer)``;
    - as pickles with ``?format=pickle``: an unmodified RemoteDispatcher reads them, by running what is in them;
    - raw with ``?format=raw``, large arrays uncopied in frames of their own: for headrace's own listeners only.

    When it is made, it waits until the proxy is there and asks for documents, so that the first document is not
    lost. When the proxy is slow, it waits for it too; nothing is dropped on this side.

    Parameters
    ----------
    address
        ``zmq://host:port/prefix`` with the proxy's *in*-port, and ``?format=pickle``, ``msgpack`` or ``raw``. With
        ``?bind`` there is no proxy: listeners connect to this address. With ``?curve=FOLDER`` the connection is
        encrypted; FOLDER holds the keys of a client or, with ``bind``, those of a proxy.
    prefix
        The prefix, in place of the one in the address; empty if neither names one.
    serializer
        The format, in place of what the address says.
    connected_within
        Seconds within which the proxy must be there.
    sent_within
        Seconds for which sending one document may wait for a slow proxy.
    linger
        Seconds for which `close` may wait until everything is sent.
    hwm
        Messages that 0MQ may hold for each peer (its high-water mark), then sending waits. By default 256, raw 32.

    Raises
    ------
    UsageError
        If the address makes no sense, or names more than one prefix.
    NotReachableError
        If the host can't be found, no proxy is there, or the address to bind is in use.

    Notes
    -----
    Not thread-safe: one thread at a time. What is written does not change if an array in the document is changed
    afterwards: raw sends only those uncopied that nobody can write to (``array.flags.writeable`` is false).

    Attributes
    ----------
    sent
        Documents sent, or kept by 0MQ for a proxy that went away and may come back.
    unheard
        Documents given up because nobody had asked for them.

    Examples
    --------
    Publish what a RunEngine does::

        with DocumentPublisher("zmq://127.0.0.1:5577/raw") as publish:
            RE.subscribe(publish)
            RE(scan)
    """

    def __init__(
        self,
        address: str,
        prefix: str | None = None,
        serializer: Format | None = None,
        *,
        connected_within: float = 5.0,
        sent_within: float = 30.0,
        linger: float = 5.0,
        hwm: int | None = None,
    ) -> None:
        self.address = parse_address(address)
        self.sent = 0
        self.unheard = 0
        self._prefix = _one_prefix(self.address.prefixes if prefix is None else (prefix.encode(),))
        form = serializer or self.address.format or DEFAULT_FORMAT
        self._write = writer_of(form)
        self._linger = linger
        self._topics: set[bytes] = set()
        self._silent = False  # whether it is told that nobody listens
        self._held = 0  # documents that 0MQ keeps for a proxy that went away
        resolve(self.address, connected_within)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._gate: Gate | None = None
        # Like PUB to its peers, but it tells who subscribes, and can wait where PUB drops.
        self._socket = self._context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.SNDHWM, _HWM.get(form, _PLAIN_HWM) if hwm is None else hwm)
        self._socket.setsockopt(zmq.SNDTIMEO, int(sent_within * 1000))
        self._link = Link(self._socket)
        try:
            self._meet(connected_within)
        except BaseException:
            self.close()
            raise

    def __call__(self, name: str, doc: Mapping[str, Any]) -> None:
        """Send one document; it is not changed.

        Parameters
        ----------
        name
            Name of the document, or a member of event-model's ``DocumentNames``.
        doc
            The document, arrays and all.

        Raises
        ------
        DocumentError
            If the name or something in the document can't be written.
        NotReachableError
            If the proxy takes nothing for longer than was allowed.
        UsageError
            If the publisher was closed.
        """
        if self._socket.closed:
            text = f"the publisher to {self.address} was closed; make a new one"
            raise UsageError(text)
        parts = self._write(self._prefix, name, doc)
        self._hear()
        try:
            self._socket.send_multipart(parts, copy=len(parts) == 1)
        except zmq.Again as error:
            text = f"{self.address}: the proxy takes no more documents; {self.sent} were sent before"
            raise NotReachableError(text) from error
        self._count(bytes(parts[0][:_HEAD]))

    def wait_heard(self, seconds: float) -> bool:
        """Wait until somebody listens to our prefix, and tell whether somebody does.

        A proxy of bluesky asks for everything at once, so that it can't tell who listens behind it.
        """
        deadline = time.monotonic() + seconds
        head = self._prefix + b" "
        self._hear()
        while not (heard := any(head.startswith(topic) or topic.startswith(head) for topic in self._topics)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            self._socket.poll(max(1, int(left * 1000)))
            self._hear()
        return heard

    def close(self) -> None:
        """Send what is still to be sent, for as long as was allowed, and disconnect. May be called twice."""
        if self._socket.closed:
            return
        self._link.update()
        if self._held and not self._link.connected:
            text = "%s: the proxy did not come back; the last documents, about %d, may be lost"
            _LOG.warning(text, self.address, self._held)
        self._link.close()
        self._socket.close(linger=int(self._linger * 1000))
        if self._gate is not None:
            self._gate.close()
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _meet(self, within: float) -> None:
        deadline = time.monotonic() + within
        self._socket.setsockopt(zmq.XPUB_NODROP, 1)
        if self.address.bind:
            if self.address.curve:
                self._gate = Gate(self._context, self.address.curve)
            bind_here(self._socket, self.address, self._gate)
        else:
            join_peer(self._socket, self.address)
            if not self._link.wait(within):
                text = f"{self.address}: no 0MQ proxy answers there within {within:g} s. {self._link.advice('in')}"
                raise NotReachableError(text)
        # Bluesky's proxy asks for everything once it is connected. Others ask only once somebody listens there.
        self.wait_heard(max(0.0, min(_GRACE, deadline - time.monotonic())))

    def _hear(self) -> None:
        """Take in who subscribed and who went, and whether the proxy is there."""
        self._link.update()
        while self._socket.poll(0):
            news = self._socket.recv()
            if news[:1] == b"\x01":
                self._topics.add(news[1:])
            elif news[:1] == b"\x00":
                self._topics.discard(news[1:])

    def _count(self, head: bytes) -> None:
        heard = any(head.startswith(topic) for topic in self._topics)
        self.sent += heard
        self.unheard += not heard
        if not heard and not self._silent:
            _LOG.warning("%s: nobody listens there now; documents are lost until somebody does", self.address)
        self._silent = not heard
        if self._link.connected or self.address.bind:
            self._held = 0
            return
        self._held += 1
        if self._held == 1:
            _LOG.warning("%s: the proxy went away; documents are kept until it is back", self.address)


def _one_prefix(prefixes: tuple[bytes, ...]) -> bytes:
    if len(prefixes) > 1 or any(b" " in prefix for prefix in prefixes):
        text = f"documents are published under one prefix without spaces, not under {prefixes!r}"
        raise UsageError(text)
    return prefixes[0] if prefixes else b""
