"""Asking a running service, from the command line or from Python."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from headrace.engine.model.errors import HeadraceError, NotReachableError, UsageError
from headrace.engine.web.registration import Registration, services

__all__ = ["Client", "find"]

TOKEN = "HEADRACE_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable with the token of a service that is not found by its registration."""
_MOST = 1 << 28  # bytes of an answer


class Client:
    """Asks one service.

    Parameters
    ----------
    address
        ``http://host:port``.
    token
        What changes need; empty if none is known.
    patience
        Seconds to wait for an answer.

    Raises
    ------
    UsageError
        If the address is none.
    """

    def __init__(self, address: str, token: str = "", patience: float = 30.0) -> None:
        if not address.startswith(("http://", "https://")):
            problem = f"{address!r} is no address of a service; expected http://HOST:PORT"
            raise UsageError(problem)
        self.address = address.rstrip("/")
        self._token = token
        self._patience = patience
        self._opener = build_opener(ProxyHandler({}))  # a proxy has no business here

    def get(self, path: str) -> Any:
        """Ask for something.

        Parameters
        ----------
        path
            ``/api/…``.

        Returns
        -------
        The answer's JSON; its text if it is no JSON.

        Raises
        ------
        NotReachableError
            If nothing answers, or not in time.
        UsageError
            If the service refuses.
        """
        return self._ask(Request(self.address + path))  # noqa: S310 - the address is checked to be http

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Have something changed; the rest is as for `get`."""
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = json.dumps(dict(body or {})).encode()
        request = Request(self.address + path, data=data, headers=headers, method="POST")  # noqa: S310 - as above
        return self._ask(request)

    def _ask(self, request: Request) -> Any:
        try:
            with self._opener.open(request, timeout=self._patience) as answer:
                text = answer.read(_MOST).decode()
                is_json = answer.headers.get_content_type() == "application/json"
        except HTTPError as error:
            raise self._refusal(error) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", None) or error
            problem = f"no headrace service answers at {self.address}: {reason}"
            raise NotReachableError(problem) from error
        return json.loads(text) if is_json else text

    def _refusal(self, error: HTTPError) -> HeadraceError:
        try:
            given = json.loads(error.read(1 << 20))
            text = str(given["error"])
        except (ValueError, KeyError, TypeError, OSError):
            text = f"{error.code} {error.reason}"
        if error.code == 401:
            known = "it is another one than was given" if self._token else "none is known"
            text = f"{self.address} wants its token, and {known}; run as the user of the service, or set {TOKEN}"
        return NotReachableError(text) if error.code == 404 else UsageError(text)


def find(at: str | None = None, patience: float = 30.0) -> Client:
    """Find a service.

    Parameters
    ----------
    at
        ``host:port`` or ``http://host:port``; or the number of its process, or a part of the name of its graph or
        source; None for the only one that runs.
    patience
        Seconds to wait for an answer.

    Raises
    ------
    NotReachableError
        If none runs, or none of that name.
    UsageError
        If several fit.
    """
    running = services()
    if at is not None and (address := _address(at)):
        token = next((one.token for one in running if one.address == address), os.environ.get(TOKEN, ""))
        return Client(address, token, patience)
    fitting = [one for one in running if at is None or _fits(one, at)]
    if len(fitting) == 1:
        return Client(fitting[0].address, fitting[0].token, patience)
    shown = "".join(f"\n  {one.label}" for one in fitting or running)
    if fitting:
        problem = f"several services run; choose one with --at:{shown}"
        raise UsageError(problem)
    if running:
        problem = f"no service is called {at!r}; there run:{shown}"
        raise NotReachableError(problem)
    problem = (
        "no headrace service of this user runs on this machine. Start one with: headrace run GRAPH --from zmq://…; "
        "one on another machine is named with --at HOST:PORT"
    )
    raise NotReachableError(problem)


def _address(at: str) -> str | None:
    """Give the address that was named, if it is one."""
    found = re.fullmatch(r"(https?://)?((?:[\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5})/?", at)
    if found is None:
        return None
    address = f"{found[1] or 'http://'}{found[2]}"
    return address.replace("//localhost:", "//127.0.0.1:")


def _fits(one: Registration, at: str) -> bool:
    return at == str(one.pid) or any(at in text for text in (*one.graphs, one.source))
