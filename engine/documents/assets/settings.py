"""Where detector files are looked for, and how long one that is still being written is waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["AssetSettings"]


def _never() -> bool:
    return False


def _told(what: str) -> None:
    """Say nothing."""


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
        Seconds to wait for a file, or for rows in it, that the documents announce but that aren't there yet. The
        files of a finished, stored run are not waited for.
    max_open
        How many files a run keeps open at most.
    allowed
        Folders; a file that lies in none of them (nor in one that `root_map` leads to, nor `beside`) is refused.
        None: files may lie anywhere but in hidden folders and those of the operating system.
    cut_short
        Asked while a file is waited for; the waiting ends when it says true.
    on_wait
        Told what is waited for once that takes more than a moment; told ``""`` when it is over.
    """

    root_map: Mapping[str, str] = field(default_factory=dict)
    beside: Path | None = None
    patience: float = 5.0
    max_open: int = 8
    allowed: tuple[Path, ...] | None = None
    cut_short: Callable[[], bool] = _never
    on_wait: Callable[[str], None] = _told
