"""Lets in who has a known CURVE key: what 0MQ asks of a context whose sockets take such connections (ZAP, RFC 27)."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import zmq
from zmq.utils import z85

from headrace.engine.documents.wire_keys import CLIENTS, known_clients
from headrace.engine.model.errors import HeadraceError, UsageError

__all__ = ["Gate"]

_LOG = logging.getLogger(__name__)
_PLACE = "inproc://zeromq.zap.01"
_TURN = 100  # milliseconds after which the thread looks whether it should end
_TOLD = 20  # refused keys that are told to the log


class Gate:
    """Answers 0MQ's question whether a client may come, for all sockets of a context. Only one fits in a context.

    The keys are read anew for each client that comes: a key that is added counts from then on, one that is taken
    away keeps out its owner the next time.

    Parameters
    ----------
    context
        The context whose sockets it guards. Make it before any of them binds; close it before the context ends.
    folder
        The folder with ``clients/``.

    Raises
    ------
    UsageError
        If there are no keys of clients: nobody could come.
    NotReachableError
        If there is no such folder.

    Attributes
    ----------
    folder
        The folder.
    """

    def __init__(self, context: zmq.Context[Any], folder: str | Path) -> None:
        self.folder = Path(folder)
        if not known_clients(folder):
            text = f"there is no key in {self.folder / CLIENTS}, so nobody could connect; put NAME.key files there"
            raise UsageError(text)
        self._refused: set[bytes] = set()
        self._closing = False
        self._socket: zmq.Socket[bytes] = context.socket(zmq.REP)
        self._socket.linger = 0
        self._socket.bind(_PLACE)
        self._thread = threading.Thread(target=self._answer_all, name="gate for CURVE keys", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering; whoever comes later is not let in."""
        self._closing = True
        self._thread.join()

    def _answer_all(self) -> None:
        try:
            while not self._closing:
                if self._socket.poll(_TURN):
                    self._socket.send_multipart(self._answer(self._socket.recv_multipart()))
        finally:
            self._socket.close()

    def _answer(self, question: list[bytes]) -> list[bytes]:
        """Give the answer to one question; whatever is odd about it is a no."""
        version, number = (*question, b"", b"")[:2]
        head = [b"1.0", number]
        mechanism, key = (*question, *[b""] * 7)[5:7]
        if version != b"1.0" or mechanism != b"CURVE" or len(key) != 32:
            return [*head, b"400", b"a CURVE key is needed", b"", b""]
        public = z85.encode(key)
        name = self._known().get(public)
        if name is None:
            self._tell(public)
            return [*head, b"400", b"the key is not known", b"", b""]
        return [*head, b"200", b"OK", name.encode(), b""]

    def _known(self) -> dict[bytes, str]:
        try:
            return known_clients(self.folder)
        except HeadraceError as error:
            _LOG.warning("nobody is let in: %s", error)
            return {}

    def _tell(self, public: bytes) -> None:
        if public not in self._refused and len(self._refused) < _TOLD:
            self._refused.add(public)
            _LOG.warning("somebody whose key is not in %s was not let in: %s", self.folder / CLIENTS, public.decode())
