"""What pictures need of a result; whatever has this can be drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

__all__ = ["Drawable"]


class Drawable(Protocol):
    """The answer of one run, by stream name."""

    @property
    def start(self) -> Mapping[str, Any]:
        """The start document, with ``shape``, ``extents`` and ``motors`` of the scan if it was one."""

    @property
    def stop(self) -> Mapping[str, Any] | None:
        """The stop document; None if it never came."""

    @property
    def streams(self) -> Iterable[str]:
        """Names of what was kept."""

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """For each stream what the graph says of it: ``node``, ``port``, ``cadence``; empty if it says nothing."""

    def __getitem__(self, name: str) -> Any:
        """Give a pandas DataFrame (tables, scalars) or a numpy array, events first (frames, profiles, maps)."""

    def port_type(self, name: str) -> Any:
        """Give the port type of what was kept, or its name."""
