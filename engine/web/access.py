"""Who may ask: only pages of our own, only under names that are ours, and changes only with the token."""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
from collections.abc import Iterable, Mapping

__all__ = ["Access", "is_loopback", "new_token"]

_SAFE = ("GET", "HEAD")
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::\d{1,5})?")


def new_token() -> str:
    """Make a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach what listens on a host.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Access:
    """Decides whether a request is answered.

    A page from elsewhere, open in the browser of someone who may reach us, must get nothing: not by a request across
    origins, and not by a name of its own that it has led to our address. So the ``Host`` must be a name of ours (any
    port will do: an ssh tunnel has another one), the ``Origin``, where there is one, the same as the ``Host``, and
    what changes something needs the token, which no foreign page knows.

    Parameters
    ----------
    host
        What we listen on.
    token
        The token.
    names
        Further names under which we are known, such as that of a proxy in front of us.
    """

    def __init__(self, host: str, token: str, names: Iterable[str] = ()) -> None:
        self._token = token.encode()
        self._names = {name.lower() for name in names} | {"localhost"}
        self._local_only = is_loopback(host)
        if not self._local_only:
            self._names |= {host.lower(), socket.gethostname().lower(), socket.getfqdn().lower()}

    def refusal(self, method: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Give the status and the reason with which a request is refused; None if it is answered.

        Parameters
        ----------
        method
            ``GET``, ``POST``…
        headers
            The request's headers; names in any case.
        """
        host = headers.get("Host", "")
        if not self._is_ours(host):
            return 403, f"the host {host[:100]!r} is not a name of this service"
        origin = headers.get("Origin")
        if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            return 403, "requests from pages of another origin are refused"
        crosses = headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        if crosses and headers.get("Sec-Fetch-Mode") != "navigate":
            return 403, "requests from pages of another site are refused"
        if method in _SAFE or self.has_token(headers):
            return None
        return 401, "this changes something and needs the token of the service: Authorization: Bearer TOKEN"

    def has_token(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a request brings the token."""
        kind, _, given = headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and self.is_token(given.strip())

    def is_token(self, given: str) -> bool:
        """Tell whether something is the token, in a time that says nothing about it."""
        return secrets.compare_digest(given.encode(errors="replace"), self._token)

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        name = (found[1] or found[2]).lower() if found else ""
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._local_only
