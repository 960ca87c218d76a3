"""Where detector files are looked for, and how long one that is still being written is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["AssetSettings"]


@dataclass(frozen=True, slots=True)
class AssetSettings:
    """How detector files are found and read.

    Attributes
    ----------
    root_map
        Beginning of a path as in the documents to the beginning that holds here, for files seen through
        another mount. The longest beginning that fits is replaced.
    beside
        The folder of the document file, if there is one. A file that isn't where its document says is looked
        for here by its name, so that a run's folder can be moved as a whole.
    patience
        Seconds to wait for a file, or for rows in it, that the documents announce but that aren't there yet.
    max_open
        How many files a run keeps open at most.
    """

    root_map: Mapping[str, str] = field(default_factory=dict)
    beside: Path | None = None
    patience: float = 5.0
    max_open: int = 8
