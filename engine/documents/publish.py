"""Documents out to the world: a publisher to a bluesky 0MQ proxy that says when nobody can hear it."""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import zmq

from headrace.engine.documents.packing import packb
from headrace.engine.documents.wire import encode
from headrace.engine.documents.wire_address import Format, parse_address, resolve
from headrace.engine.documents.wire_link import Link
from headrace.engine.model.errors import DocumentError, NotReachableError, UsageError

__all__ = ["DEFAULT_FORMAT", "DocumentPublisher"]

DEFAULT_FORMAT: Format = "pickle"
"""How documents are written unless said otherwise: as an unmodified RemoteDispatcher reads them."""

_LOG = logging.getLogger(__name__)
_GRACE = 1.0  # seconds in which a proxy that is connected has asked for documents


class DocumentPublisher:
    """Sends documents to the in-port of a bluesky 0MQ proxy, in bluesky's wire form.

    It is a callable ``(name, document)``, as bluesky's callbacks are. Every existing bluesky listener reads what it
    sends by default, which is pickled. Pickles are harmless to send; to listen without unpickling, publish with
    ``?format=msgpack`` and give ``headrace.engine.documents.packing.unpackb`` to RemoteDispatcher as its
    ``deserializer``.

    When it is made, it waits until the proxy is there and asks for documents, so that the first document is not
    lost. When the proxy is slow, it waits for it too; nothing is dropped on this side.

    Parameters
    ----------
    address
        ``zmq://host:port/prefix`` with the proxy's *in*-port, and ``?format=msgpack`` or ``?format=pickle``.
    prefix
        The prefix, in place of the one in the address; empty if neither names one.
    serializer
        ``pickle`` or ``msgpack``, in place of what the address says.
    connected_within
        Seconds within which the proxy must be there.
    sent_within
        Seconds for which sending one document may wait for a slow proxy.
    linger
        Seconds for which `close` may wait until everything is sent.

    Raises
    ------
    UsageError
        If the address makes no sense, or names more than one prefix.
    NotReachableError
        If the host can't be found or no proxy is there.

    Notes
    -----
    Not thread-safe: one thread at a time.

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
    ) -> None:
        self.address = parse_address(address)
        self.sent = 0
        self.unheard = 0
        self._prefix = _one_prefix(self.address.prefixes if prefix is None else (prefix.encode(),))
        self._serialize = _serializer(serializer or self.address.format or DEFAULT_FORMAT)
        self._linger = linger
        self._topics: set[bytes] = set()
        self._silent = False  # whether it is told that nobody listens
        self._held = 0  # documents that 0MQ keeps for a proxy that went away
        resolve(self.address, connected_within)
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        # Like PUB to its peers, but it tells who subscribes, and can wait where PUB drops.
        self._socket = self._context.socket(zmq.XPUB)
        self._link = Link(self._socket)
        try:
            self._connect(connected_within, sent_within)
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
        frame = encode(self._prefix, name, doc, self._serialize)
        self._hear()
        try:
            self._socket.send(frame)
        except zmq.Again as error:
            text = f"{self.address}: the proxy takes no more documents; {self.sent} were sent before"
            raise NotReachableError(text) from error
        self._count(frame)

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
        self._context.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self, within: float, sent_within: float) -> None:
        deadline = time.monotonic() + within
        self._socket.setsockopt(zmq.XPUB_NODROP, 1)
        self._socket.setsockopt(zmq.SNDTIMEO, int(sent_within * 1000))
        self._socket.connect(self.address.endpoint)
        if not self._link.wait(within):
            text = (
                f"{self.address}: no 0MQ proxy answers there within {within:g} s. "
                "Is bluesky-0MQ-proxy running, and is this its in-port?"
            )
            raise NotReachableError(text)
        # Bluesky's proxy asks for everything once it is connected. Others ask only once somebody listens there.
        self._socket.poll(int(1000 * max(0.0, min(_GRACE, deadline - time.monotonic()))))
        self._hear()

    def _hear(self) -> None:
        """Take in who subscribed and who went, and whether the proxy is there."""
        self._link.update()
        while self._socket.poll(0):
            news = self._socket.recv()
            if news[:1] == b"\x01":
                self._topics.add(news[1:])
            elif news[:1] == b"\x00":
                self._topics.discard(news[1:])

    def _count(self, frame: bytes) -> None:
        heard = any(frame.startswith(topic) for topic in self._topics)
        self.sent += heard
        self.unheard += not heard
        if not heard and not self._silent:
            _LOG.warning("%s: nobody listens there now; documents are lost until somebody does", self.address)
        self._silent = not heard
        if self._link.connected:
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


def _serializer(form: str) -> Callable[[Any], bytes]:
    if form == "msgpack":
        return packb
    if form == "pickle":
        return _pickled
    text = f"documents can be published as 'pickle' or 'msgpack', not as {form!r}"
    raise UsageError(text)


def _pickled(document: object) -> bytes:
    try:
        return pickle.dumps(document, protocol=4)  # the newest that all Pythons in use read
    except (AttributeError, RecursionError, TypeError, ValueError, pickle.PicklingError) as error:
        text = f"a document can't be pickled: {error}"
        raise DocumentError(text) from error
