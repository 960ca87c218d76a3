"""Addresses of 0MQ proxies as users write them: ``zmq://host:port/prefix``."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import parse_qsl, urlsplit

from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["Format", "ZmqAddress", "parse_address", "resolve"]

Format = Literal["msgpack", "pickle"]
"""How the body of a message is written."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_EXAMPLE = (
    "for example zmq://127.0.0.1:5578/raw, zmq://beamline-host:5578/raw,an or zmq://127.0.0.1:5577/an?format=msgpack"
)


@dataclass(frozen=True, slots=True)
class ZmqAddress:
    """One side of a 0MQ proxy, and the prefixes meant there.

    Attributes
    ----------
    host
        Name or IPv4 address of the machine on which the proxy runs.
    port
        Port of the proxy: its out-port to listen, its in-port to publish.
    prefixes
        The prefixes, as on the wire; empty if none was named.
    format
        How bodies are to be written; None if the address does not say.
    """

    host: str
    port: int
    prefixes: tuple[bytes, ...] = ()
    format: Format | None = None

    @property
    def endpoint(self) -> str:
        """The address as 0MQ wants it."""
        return f"tcp://{self.host}:{self.port}"

    def __str__(self) -> str:
        named = ",".join(prefix.decode() for prefix in self.prefixes)
        return f"zmq://{self.host}:{self.port}" + (f"/{named}" if named else "")


def parse_address(text: str) -> ZmqAddress:
    """Read an address.

    Parameters
    ----------
    text
        ``zmq://host:port``, then ``/prefix`` or ``/prefix,prefix`` if only these are meant, then ``?format=pickle``
        or ``?format=msgpack`` where something is to be written. The host is a name or an IPv4 address.

    Raises
    ------
    UsageError
        If it is not of this form; the message shows one that is.

    Examples
    --------
    >>> parse_address("zmq://127.0.0.1:5578/raw").endpoint
    'tcp://127.0.0.1:5578'
    """
    try:
        parts = urlsplit(text)
        port = parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise _unclear(text, str(error)) from error
    if parts.scheme != "zmq" or parts.fragment or "@" in parts.netloc:
        raise _unclear(text, "it should read zmq://host:port/prefix")
    if parts.hostname is None or _HOST.fullmatch(parts.hostname) is None:
        raise _unclear(text, "the host should be a name or an IPv4 address")
    if not port:
        raise _unclear(text, "the port is missing, a number from 1 to 65535")
    form = options.pop("format", None)
    if options or form not in (None, "msgpack", "pickle"):
        raise _unclear(text, "the only option is format=pickle or format=msgpack")
    return ZmqAddress(parts.hostname, port, _prefixes(text, parts.path), cast("Format | None", form))


def resolve(address: ZmqAddress, within: float) -> None:
    """See that the host of an address is known.

    Parameters
    ----------
    address
        The address.
    within
        Seconds after which the search ends.

    Raises
    ------
    NotReachableError
        If the host has no IPv4 address, or nothing knows in time.
    """
    problems: list[str] = ["no answer from the name service"]

    def look_up() -> None:
        try:
            socket.getaddrinfo(address.host, address.port, socket.AF_INET, socket.SOCK_STREAM)
            problems.clear()
        except OSError as error:
            problems[:] = [error.strerror or str(error)]

    # A look-up can't be cancelled; as a daemon it holds nobody up.
    search = threading.Thread(target=look_up, name=f"look-up of {address.host}", daemon=True)
    search.start()
    search.join(within)
    for problem in problems:
        text = f"{address}: the host {address.host!r} can't be found ({problem}). Is its name spelt right?"
        raise NotReachableError(text)


def _prefixes(text: str, path: str) -> tuple[bytes, ...]:
    names = path.removeprefix("/")
    if not names:
        return ()
    prefixes = names.split(",")
    if not all(prefixes) or re.search(r"[\s/]", names):
        raise _unclear(text, "prefixes are words without spaces or slashes, with commas between them")
    return tuple(dict.fromkeys(prefix.encode() for prefix in prefixes))


def _unclear(text: str, reason: str) -> UsageError:
    message = f"{text!r} is not an address of a 0MQ proxy: {reason}; {_EXAMPLE}"
    return UsageError(message)
