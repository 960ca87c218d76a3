"""The table of routes: which handler answers which path. Each topic lists its own; here they are put together."""

from __future__ import annotations

from typing import Any, TypeAlias

from headrace.engine.web import (
    change_handlers,
    index_handler,
    letter_handlers,
    look_handlers,
    look_socket,
    metrics_handler,
    page,
    replay_handlers,
    status_handler,
)

__all__ = ["Route", "routes"]

Route: TypeAlias = tuple[str, type[Any]]
"""A regular expression that fits the whole path, and the handler, which is made with ``site``."""


def routes() -> list[Route]:
    """Give every route; the first that fits answers."""
    topics = (
        page,
        index_handler,
        status_handler,
        metrics_handler,
        change_handlers,
        letter_handlers,
        look_handlers,
        look_socket,
        replay_handlers,
    )
    return [route for topic in topics for route in topic.ROUTES]
