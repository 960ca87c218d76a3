"""The page itself: files that came with headrace, and nothing else from anywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from headrace.engine.web.handler import Handler, refused

__all__ = ["POLICY", "ROUTES", "AssetHandler", "PageHandler", "assets"]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a browser may do for the page: no script but ours, nothing from elsewhere, nothing written into it."""
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}


@cache
def assets() -> Mapping[str, Traversable]:
    """Give path to file, of all there are: a request can only pick one of these."""
    return dict(_under(files("headrace.engine.web") / "assets", ""))


def _under(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _under(item, f"{path}{item.name}/")
        elif _kind(item.name):
            yield f"{path}{item.name}", item


def _kind(name: str) -> str:
    return _KINDS.get("." + name.rpartition(".")[2], "")


class AssetHandler(Handler):
    """A file of the page."""

    def get(self, path: str) -> None:
        """Answer with it."""
        self.send(path)

    def send(self, path: str) -> None:
        """Send one of the files there are."""
        found = assets().get(path)
        if found is None:
            problem = "there is no such file"
            raise refused(404, problem)
        content = found.read_bytes()
        tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Content-Type", _kind(found.name))
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Etag", tag)
        if self.request.headers.get("If-None-Match") == tag:
            self.set_status(304)
            self.finish()
        else:
            self.finish(content)


class PageHandler(AssetHandler):
    """The page."""

    def get(self) -> None:  # type: ignore[override]
        """Answer with it."""
        self.send("index.html")


ROUTES = [(r"/", PageHandler), (r"/assets/([\w./-]{1,120})", AssetHandler)]
