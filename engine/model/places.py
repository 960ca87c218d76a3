"""Where the parts of a graph were written: how places are keyed."""

from __future__ import annotations

from headrace.engine.model.faults import Location

__all__ = ["VALUE", "Path", "Places"]

Path = tuple[str, ...]
"""The way to a part of a graph: ``("nodes", "peaks", "diameter")``, ``("nodes", "maps", "in", "tracks")``."""

Places = dict[Path, Location]
"""Path to the place of the key; with `VALUE` at its end, to the place of the value."""

VALUE = "="
"""The last step to the value of a key, which no key is called."""
