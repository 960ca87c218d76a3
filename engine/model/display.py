"""How things show themselves in notebooks: the pictures are made elsewhere, and found by name when one is asked for."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

__all__ = ["ENTRY_POINTS", "mime_bundle"]

ENTRY_POINTS = "headrace.displays"
"""The entry-point group that says what draws a kind of thing: a function from the thing to MIME type and content."""


@functools.cache
def _drawer(kind: str) -> Callable[[Any], dict[str, str]] | None:
    for point in entry_points(group=ENTRY_POINTS, name=kind):
        drawer: Callable[[Any], dict[str, str]] = point.load()
        return drawer
    return None


def mime_bundle(kind: str, thing: Any) -> dict[str, str]:
    """Give a thing as notebooks show it: MIME type to content, always with plain text.

    Parameters
    ----------
    kind
        ``graph``, ``result`` or ``job``.
    thing
        The thing.
    """
    drawer = _drawer(kind)
    return {"text/plain": repr(thing), **(drawer(thing) if drawer else {})}
