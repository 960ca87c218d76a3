"""What a page is told twice a second, for as long as it is open."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Sequence
from typing import Any

from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from headrace.engine.web.handler import Site, refused
from headrace.engine.web.looks import Looks, looks_of
from headrace.engine.web.sight import JobSight, Seen, Sight

__all__ = ["ROUTES", "LookSocket"]

EVERY = 0.5
"""Seconds between two messages."""
MOST_PAGES = 32
_ids = itertools.count(1)


class LookSocket(WebSocketHandler):
    """Tells a page how the graph does. Only pages of our own get in; what they send changes only what they see."""

    def initialize(self, site: Site) -> None:
        """Take the site; tornado calls this in place of a constructor."""
        self.site = site
        self.id = next(_ids)
        self.at: int | None = None
        self.number = 0
        self.looking: Sight | None = None
        self._task: asyncio.Task[None] | None = None
        self._soon = asyncio.Event()

    def prepare(self) -> None:
        """Refuse who may not look."""
        refusal = self.site.access.refusal(self.request.method or "", self.request.headers)
        if refusal is not None:
            raise refused(*refusal)
        if self.site.state.get("pages", 0) >= MOST_PAGES:
            problem = f"{MOST_PAGES} pages are open; close one"
            raise refused(503, problem)

    def check_origin(self, origin: str) -> bool:
        """Allow what `prepare` let in: it has compared the origin with the host."""
        return True

    async def open(self, number: str) -> None:
        """Begin to look."""
        looks = looks_of(self.site)
        if int(number) >= len(looks.sights):
            self.close(4004, "there is no such graph")
            return
        self.number = int(number)
        sight = looks.sights[self.number]
        self.site.state["pages"] = self.site.state.get("pages", 0) + 1
        self.looking = sight
        if isinstance(sight, JobSight):
            sight.look()
            looks.settle(sight)
        self._task = asyncio.create_task(self._tell(looks, sight))

    async def _tell(self, looks: Looks, sight: Sight) -> None:
        with contextlib.suppress(WebSocketClosedError, asyncio.CancelledError):
            while True:
                began = time.monotonic()
                content = await IOLoop.current().run_in_executor(self.site.executor, self._content, looks, sight)
                await self.write_message(content)
                self._soon.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._soon.wait(), max(0.05, EVERY - (time.monotonic() - began)))

    def _content(self, looks: Looks, sight: Sight) -> str:
        looks.settle(sight)  # the graph may have other nodes than a moment ago
        moments = sight.moments()
        status = self.site.monitor.status().to_dict()
        graphs = status.pop("graphs")
        told: dict[str, Any] = {
            "kind": "tick",
            "status": status,
            "graph": graphs[self.number] if isinstance(sight, JobSight) else sight.status(),
            "names": [one["name"] for one in graphs],
            "ports": looks.summaries[self.number].all(self.at),
            "at": self.at,
            "events": [moments[0].number, moments[-1].number, len(moments)] if moments else None,
        }
        return json.dumps(told, default=str)

    def on_message(self, message: str | bytes) -> None:
        """Take what the page wishes to see; anything else is passed over."""
        try:
            wish = json.loads(message) if len(message) < 4096 else None
        except (ValueError, RecursionError):
            return
        if not isinstance(wish, dict) or self.looking is None:
            return
        at = wish.get("at", 0)
        if at is None or (isinstance(at, int) and at > 0):
            self.at = at
        if isinstance(self.looking, JobSight):
            self._about_job(self.looking, wish)
        elif wish.get("hold") is True:
            self._reply({"kind": "held", **_listed(self.looking.moments())})
        elif wish.get("hold") is False:
            self.at = None
        self._soon.set()

    def _about_job(self, sight: JobSight, wish: dict[str, Any]) -> None:
        if isinstance(wish.get("every"), bool):
            sight.watch.every = wish["every"]
        if wish.get("hold") is True:
            held = sight.hold(self.id)
            self._reply({"kind": "held", **({"refused": True} if held is None else _listed(held))})
        elif wish.get("hold") is False:
            sight.release(self.id)
            self.at = None
        if wish.get("list") is True:
            self._reply({"kind": "former", **_listed(sight.watch.moments.former())})

    def _reply(self, told: dict[str, Any]) -> None:
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(json.dumps(told))

    def on_close(self) -> None:
        """Look no longer."""
        if self._task is not None:
            self._task.cancel()
        sight, self.looking = self.looking, None
        if sight is not None:
            self.site.state["pages"] -= 1
            if isinstance(sight, JobSight):
                sight.leave(self.id)
                looks_of(self.site).settle(sight)


def _listed(moments: Sequence[Seen]) -> dict[str, Any]:
    return {
        "events": [
            {"at": one.number, "event": str(one.key), "seq": one.key.seq_num, "stream": one.key.stream}
            | {"revision": one.revision, "full": one.full, "time": one.time}
            for one in moments
        ]
    }


ROUTES = [(r"/api/look/(\d{1,4})/live", LookSocket)]
