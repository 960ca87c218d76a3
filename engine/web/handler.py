"""What every answer has in common: access, limits, JSON, and no trace of our inside in an error."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tornado.ioloop import IOLoop
from tornado.web import HTTPError, RequestHandler

from headrace.engine.jobs.monitor import Monitor
from headrace.engine.model.errors import HeadraceError, NotReachableError
from headrace.engine.model.faults import GraphError
from headrace.engine.web.access import Access

__all__ = ["Handler", "NoSuchPlace", "Site", "refused"]

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """What handlers work with.

    Attributes
    ----------
    monitor
        Watches the jobs; ``monitor.jobs`` are they, ``monitor.service`` the live service, if it is one.
    access
        Who may ask.
    executor
        Threads for what takes longer than a moment.
    state
        Room for what a topic shares among its handlers, by the topic's name.
    """

    monitor: Monitor
    access: Access
    executor: Executor
    state: dict[str, Any] = field(default_factory=dict)


def refused(status: int, message: str) -> HTTPError:
    """Give the error that ends a request with a status and words for whoever asked."""
    return HTTPError(status, "%s", message)


class Handler(RequestHandler):
    """Answers one request. Subclasses have ``get`` or ``post``; the checks come before.

    Attributes
    ----------
    site
        What there is to tell about.
    """

    site: Site

    def initialize(self, site: Site) -> None:
        """Take the site; tornado calls this in place of a constructor."""
        self.site = site

    def set_default_headers(self) -> None:
        """Say nothing about what we are made of, and allow a browser nothing that isn't needed."""
        self.set_header("Server", "headrace")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        """Refuse who may not ask."""
        refusal = self.site.access.refusal(self.request.method or "", self.request.headers)
        if refusal is not None:
            raise refused(*refusal)

    def body(self) -> dict[str, Any]:
        """Give the JSON object that came with the request; an empty one if nothing came.

        Raises
        ------
        HTTPError
            If it is something else.
        """
        if not self.request.body:
            return {}
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise refused(415, "expected a JSON object, sent as application/json")
        try:
            given = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            problem = f"the body is no JSON: {error!s:.200}"
            raise refused(400, problem) from None
        if not isinstance(given, dict):
            problem = f"expected a JSON object, got {type(given).__name__}"
            raise refused(400, problem)
        return given

    def answer(self, value: Any, status: int = 200) -> None:
        """Send something as JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(value, default=str))

    async def aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do something that takes longer in another thread, so that other requests are answered meanwhile."""
        return await IOLoop.current().run_in_executor(self.site.executor, work, *arguments)

    def write_error(self, status_code: int, **extra: Any) -> None:
        """Send an error as JSON: ``{"error": text}``, with ``faults`` where a graph has some."""
        error = extra.get("exc_info", (None, None, None))[1]
        self.answer(_described(status_code, error), _status_of(status_code, error))

    def log_exception(self, *given: Any) -> None:
        """Log what was not meant to happen; what a client did wrong is its own affair."""
        if not isinstance(given[1], HTTPError | HeadraceError):
            _log.error("%s %s failed", self.request.method, self.request.path[:200], exc_info=given)


class NoSuchPlace(Handler):
    """Answers where there is nothing."""

    def prepare(self) -> None:
        """Say so."""
        super().prepare()
        problem = "there is nothing here; see /api for what there is"
        raise refused(404, problem)


def _status_of(status: int, error: object) -> int:
    """Give the status that fits an error that headrace raised on purpose."""
    if isinstance(error, NotReachableError):
        return 404
    return 400 if isinstance(error, HeadraceError) else status


def _described(status: int, error: object) -> Mapping[str, Any]:
    if isinstance(error, GraphError):
        return {"error": str(error), "faults": [fault.to_dict() for fault in error.faults]}
    if isinstance(error, HeadraceError):
        return {"error": str(error)}
    if isinstance(error, HTTPError) and error.args:
        return {"error": str(error.args[0])}
    usual = {404: "there is nothing here", 405: "this can't be done here", 413: "too large"}
    return {"error": usual.get(status, "this went wrong; the log of the service says why")}
