"""Addresses on 0MQ as users write them: ``zmq://host:port/prefix``."""

from __future__ import annotations

import re
import socket
import threading
from dataclasses import dataclass
from typing import Literal, cast, get_args
from urllib.parse import parse_qsl, urlsplit

from headrace.engine.model.errors import NotReachableError, UsageError

__all__ = ["Format", "ZmqAddress", "parse_address", "resolve"]

Format = Literal["msgpack", "pickle", "raw"]
"""How documents are written: msgpack, pickle (as bluesky does), or raw: large arrays as frames of their own."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_OPTIONS = frozenset({"bind", "curve", "format", "prefix"})
_LONGEST_PATH = 100  # bytes; a socket of the system takes no more than 107
_EXAMPLE = (
    "for example zmq://127.0.0.1:5578/raw, zmq://beamline-host:5578/raw,an or zmq://127.0.0.1:5577/an?format=pickle"
)


@dataclass(frozen=True, slots=True)
class ZmqAddress:
    """One side of a 0MQ proxy, and the prefixes meant there.

    Attributes
    ----------
    host
        Name or IP address of the machine on which the proxy runs; empty for a socket file.
    port
        Port of the proxy: its out-port to listen, its in-port to publish.
    prefixes
        The prefixes, as on the wire; empty if none was named.
    format
        How documents are to be written; None if the address does not say.
    bind
        Whether listeners come to this address without a proxy, instead of it being one to go to.
    curve
        Folder of the CURVE keys; empty for none.
    path
        The socket file, if it is one.
    """

    host: str
    port: int
    prefixes: tuple[bytes, ...] = ()
    format: Format | None = None
    bind: bool = False
    curve: str = ""
    path: str = ""

    @property
    def endpoint(self) -> str:
        """The address as 0MQ wants it."""
        return f"ipc://{self.path}" if self.path else f"tcp://{self._place}"

    @property
    def ipv6(self) -> bool:
        """Whether the host is an IPv6 address."""
        return ":" in self.host

    @property
    def _place(self) -> str:
        return f"[{self.host}]:{self.port}" if self.ipv6 else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        named = ",".join(prefix.decode() for prefix in self.prefixes)
        if self.path:
            return f"zmq://{self.path}" + (f"?prefix={named}" if named else "")
        return f"zmq://{self._place}" + (f"/{named}" if named else "")


def parse_address(text: str) -> ZmqAddress:
    """Read an address.

    Parameters
    ----------
    text
        ``zmq://host:port``, then ``/prefix`` or ``/prefix,prefix`` if only these are meant. The host is a name, an
        IPv4 address, or an IPv6 address in brackets. A socket file of this machine is ``zmq:///path``, with
        ``?prefix=prefix,prefix``. Options come after a ``?``, with ``&`` between them: ``format=msgpack``, ``pickle``
        or ``raw`` where something is to be written; ``bind`` to publish without a proxy, to listeners that come to
        this address; ``curve=FOLDER`` with the keys for an encrypted connection.

    Raises
    ------
    UsageError
        If it is not of this form; the message shows one that is.

    Examples
    --------
    >>> parse_address("zmq://127.0.0.1:5578/raw").endpoint
    'tcp://127.0.0.1:5578'
    >>> parse_address("zmq:///run/headrace/out?prefix=raw").endpoint
    'ipc:///run/headrace/out'
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _unclear(text, str(error)) from error
    if parts.scheme != "zmq" or parts.fragment or "@" in parts.netloc or not text.startswith("zmq://"):
        raise _unclear(text, "it should read zmq://host:port/prefix")
    options = _options(text, parts.query)
    how = (cast("Format | None", options.get("format")), "bind" in options, options.get("curve", ""))
    if not parts.netloc and len(parts.path) > 1:
        return ZmqAddress("", 0, _prefixes(text, options.get("prefix", "")), *how, _path(text, parts.path))
    if "prefix" in options:
        raise _unclear(text, "the prefix stands after the port, /prefix; prefix= is for socket files")
    host = parts.hostname or ""
    if (_IPV6 if "[" in parts.netloc else _HOST).fullmatch(host) is None:
        raise _unclear(text, "the host should be a name or an IP address, one of IPv6 in brackets")
    if not port:
        raise _unclear(text, "the port is missing, a number from 1 to 65535")
    return ZmqAddress(host, port, _prefixes(text, parts.path.removeprefix("/")), *how)


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
        If the host has no address, or nothing knows in time.
    """
    if address.path:
        return
    problems: list[str] = ["no answer from the name service"]

    def look_up() -> None:
        family = socket.AF_INET6 if address.ipv6 else socket.AF_INET
        try:
            socket.getaddrinfo(address.host, address.port, family, socket.SOCK_STREAM)
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


def _options(text: str, query: str) -> dict[str, str]:
    """Read what stands after the question mark."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    spoilt = query and len(options) != len(query.split("&"))
    form = options.get("format", "msgpack")
    if spoilt or options.keys() - _OPTIONS or form not in get_args(Format) or options.get("bind"):
        wanted = " or ".join(f"format={name}" for name in get_args(Format))
        raise _unclear(text, f"the only options are {wanted}, bind, and curve=FOLDER")
    if options.get("curve") == "":
        raise _unclear(text, "curve= names the folder with the keys")
    return options


def _path(text: str, path: str) -> str:
    if len(path.encode()) > _LONGEST_PATH or path.endswith("/"):
        raise _unclear(text, f"the path of a socket file ends in a name and has at most {_LONGEST_PATH} bytes")
    return path


def _prefixes(text: str, names: str) -> tuple[bytes, ...]:
    if not names:
        return ()
    prefixes = names.split(",")
    if not all(prefixes) or re.search(r"[\s/]", names):
        raise _unclear(text, "prefixes are words without spaces or slashes, with commas between them")
    return tuple(dict.fromkeys(prefix.encode() for prefix in prefixes))


def _unclear(text: str, reason: str) -> UsageError:
    message = f"{text!r} is not an address of a 0MQ proxy: {reason}; {_EXAMPLE}"
    return UsageError(message)
