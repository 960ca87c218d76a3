"""Which files documents may point to: they come from outside, and must not lead to just any file."""

from __future__ import annotations

import os
from pathlib import Path

from headrace.engine.documents.assets.settings import AssetSettings
from headrace.engine.model.errors import DocumentError

__all__ = ["refuse_forbidden"]

_SYSTEM = ("/boot", "/dev", "/etc", "/proc", "/sys")
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - fast detectors do put their files there


def refuse_forbidden(path: Path, settings: AssetSettings) -> None:
    """Refuse a file that documents may not point to. Links are followed first: where a file lies is what counts.

    Raises
    ------
    DocumentError
        If it may not be read. Nothing is said about whether it is there.
    """
    file = os.path.realpath(path)
    folders = _allowed_folders(settings)
    if any(_lies_in(file, os.path.realpath(folder)) for folder in folders):
        return
    if settings.allowed is not None:
        known = ", ".join(str(folder) for folder in folders)
        raise _refusal(path, f"it lies in none of the folders that are allowed ({known})")
    system = any(_lies_in(file, folder) for folder in _SYSTEM) and not _lies_in(file, _SHARED_MEMORY)
    if system or "/." in file:
        kind = "of the operating system" if system else "that is hidden"
        raise _refusal(path, f"it lies in a folder {kind}")


def _lies_in(file: str, folder: str) -> bool:
    return file == folder or file.startswith(folder.rstrip("/") + "/")


def _refusal(path: Path, reason: str) -> DocumentError:
    message = (
        f"{path} may not be read: {reason}. If it is data, allow its folder with --allow-files (allowed in Python)"
    )
    return DocumentError(message)


def _allowed_folders(settings: AssetSettings) -> list[Path]:
    """Give the folders the user named, in one way or another."""
    folders = [*(settings.allowed or ()), *(Path(target) for target in settings.root_map.values())]
    return folders if settings.beside is None else [*folders, settings.beside]
