"""One end of a connection on 0MQ: how a socket meets its peer by an address, with keys or without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zmq

from headrace.engine.documents.wire_address import ZmqAddress
from headrace.engine.documents.wire_gate import Gate
from headrace.engine.documents.wire_keys import secure_client, secure_server
from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["bind_here", "join_peer"]

_ALLOWED = Path("/proc/sys/net/core/rmem_max")
_ROOM = 1 << 22  # bytes; Linux doubles it


def join_peer(socket: zmq.Socket[Any], address: ZmqAddress) -> None:
    """Connect a socket to the peer at an address, which need not be there yet.

    Raises
    ------
    UsageError
        If the address is one to bind, or the folder holds no proper keys.
    NotReachableError
        If the folder of the keys is not there.
    """
    if address.bind:
        text = f"{address}: 'bind' is for the side that publishes; leave it out to listen there"
        raise UsageError(text)
    if address.curve:
        secure_client(socket, address.curve)
    socket.ipv6 = address.ipv6
    _make_room(socket)
    socket.connect(address.endpoint)


def bind_here(socket: zmq.Socket[Any], address: ZmqAddress, gate: Gate | None = None) -> None:
    """Have peers come to a socket at an address; with a gate, only those whose key it knows.

    Raises
    ------
    UsageError
        If the gate's folder holds no proper key.
    NotReachableError
        If the address is in use or not of this machine.
    """
    if gate is not None:
        secure_server(socket, gate.folder)
    socket.ipv6 = address.ipv6
    try:
        socket.bind(address.endpoint)
    except zmq.ZMQError as error:
        text = f"{address}: can't be listened at ({error.strerror}). Is another proxy running there?"
        raise NotReachableError(text) from error


def _make_room(socket: zmq.Socket[Any]) -> None:
    """Have the system hold whole images for a listener, where it may: fewer and larger reads cost less.

    A smaller buffer than that would be worse than the one that Linux fits to the connection by itself.
    """
    try:
        allowed = int(_ALLOWED.read_text())
    except (OSError, ValueError):  # not Linux
        return
    if socket.type == zmq.SUB and allowed >= _ROOM:
        socket.rcvbuf = _ROOM
