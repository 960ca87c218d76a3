"""A web server in a thread of its own, beside jobs at work."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.web import Application

from headrace.engine.jobs.monitor import Monitor
from headrace.engine.model.errors import NotReachableError
from headrace.engine.web.access import Access, is_loopback, new_token
from headrace.engine.web.handler import NoSuchPlace, Site
from headrace.engine.web.routes import Route, routes

__all__ = ["LOOPBACK", "ControlServer"]

LOOPBACK = "127.0.0.1"
MAX_BODY = 1 << 20
"""Bytes that a request may bring."""
_PATIENCE = 20.0  # seconds for a request to come in whole, and that an idle connection is kept
_THREADS = 4  # for what takes longer, such as trying a dead letter again

_log = logging.getLogger(__name__)


class ControlServer:
    """Tells how jobs are doing, and takes changes, over HTTP.

    Parameters
    ----------
    monitor
        Watches the jobs.
    host
        What to listen on; only this machine can reach the default.
    port
        The port; 0 for a free one.
    token
        What changes need; a new one by default.
    names
        Further names under which the service is known, such as that of a proxy in front of it.
    more
        Further routes.

    Raises
    ------
    NotReachableError
        When it starts, if the port is in use or the host is not ours.

    Attributes
    ----------
    address
        ``http://host:port``, once it has started.
    token
        What changes need.
    site
        What handlers work with.

    Examples
    --------
    >>> from urllib.request import urlopen
    >>> with ControlServer(Monitor([])) as server, urlopen(f"{server.address}/api/status") as answer:
    ...     answer.status
    200
    """

    def __init__(
        self,
        monitor: Monitor,
        host: str = LOOPBACK,
        port: int = 0,
        *,
        token: str | None = None,
        names: Iterable[str] = (),
        more: Iterable[Route] = (),
    ) -> None:
        self.token = token or new_token()
        self.address = ""
        self._host, self._port, self._more = host, port, list(more)
        self._executor = ThreadPoolExecutor(_THREADS, "headrace control work")
        self.site = Site(monitor, Access(host, self.token, names), self._executor)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="headrace control", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            problem = (
                f"can't listen on {self._host}:{self._port}: {self._failure}; is the port in use? 0 takes a free one"
            )
            raise NotReachableError(problem) from self._failure
        if not is_loopback(self._host):
            _log.warning("%s can be read by all who reach this machine; changes need the token", self.address)

    def close(self) -> None:
        """Stop listening; requests that are being answered are cut off."""
        if self._loop is not None and self._over is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(5)
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = HTTPServer(
            self._application(),
            max_body_size=MAX_BODY,
            max_header_size=1 << 15,
            body_timeout=_PATIENCE,
            idle_connection_timeout=_PATIENCE,
        )
        listening = _listening(self._host, self._port)
        server.add_socket(listening)
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.address = f"http://{shown}:{listening.getsockname()[1]}"
        ticking = PeriodicCallback(self.site.monitor.tick, 1000)
        ticking.start()
        self._ready.set()
        try:
            await self._over.wait()
        finally:
            ticking.stop()
            server.stop()
            await server.close_all_connections()

    def _application(self) -> Application:
        given: dict[str, Any] = {"site": self.site}
        table: Any = [(path, handler, given) for path, handler in [*routes(), *self._more]]
        return Application(
            table, default_handler_class=NoSuchPlace, default_handler_args=given, log_function=_log_request
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _listening(host: str, port: int) -> socket.socket:
    """Bind a socket; unlike tornado's own helper this leaves none behind if it can't be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=128)
    listening.setblocking(False)
    return listening


def _log_request(handler: Any) -> None:
    """Keep requests out of the log unless someone wants to see everything."""
    _log.debug("%s %s: %s", handler.request.method, handler.request.path[:200], handler.get_status())
