"""``/api``: what there is to ask."""

from __future__ import annotations

from headrace.engine.web.handler import Handler

__all__ = ["ROUTES", "IndexHandler"]


class IndexHandler(Handler):
    """Lists the routes."""

    def get(self) -> None:
        """Answer with path and purpose of each route."""
        from headrace.engine.web.routes import routes

        self.answer({path: (handler.__doc__ or "").strip().splitlines()[0] for path, handler in routes()})


ROUTES = [(r"/api", IndexHandler)]
