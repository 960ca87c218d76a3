"""Writing files that the user names."""

from __future__ import annotations

from pathlib import Path

from headrace.engine.model.errors import NotReachableError

__all__ = ["write_bytes", "write_text"]


def write_text(path: Path, text: str) -> None:
    """Write text to a file, with its folder if there is none yet.

    Raises
    ------
    NotReachableError
        If the file can't be written.
    """
    write_bytes(path, (text.rstrip("\n") + "\n").encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes to a file, with its folder if there is none yet.

    Raises
    ------
    NotReachableError
        If the file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        problem = f"can't write {path}: {error.strerror or error}"
        raise NotReachableError(problem) from error
