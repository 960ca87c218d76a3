"""Why a message from the wire is refused: one error, with a kind by which refusals are counted and logged."""

from __future__ import annotations

from typing import Literal

from headrace.engine.model.errors import DocumentError

__all__ = ["MAX_DEPTH", "MAX_VALUES", "RefusalError", "RefusalKind"]

RefusalKind = Literal["array", "depth", "format", "frame", "malformed", "name", "opcode", "size", "value"]
"""A small closed set, so that a sender of hostile messages can't make the log grow without end."""

MAX_DEPTH = 64
"""Levels of containers in one document. Real documents have about eight."""

MAX_VALUES = 2_000_000
"""Values in one document, an array counting as one. Bounds memory and time that a small body can ask for."""


class RefusalError(DocumentError):
    """A message or body that is not a plain bluesky document.

    Attributes
    ----------
    kind
        What sort of thing was wrong; the text says which one.
    """

    def __init__(self, text: str, kind: RefusalKind) -> None:
        super().__init__(text)
        self.kind: RefusalKind = kind
