"""The options that say where data files are, how long they are waited for, and which ones may be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from headrace.engine.model.errors import NotReachableError, UsageError

if TYPE_CHECKING:
    from headrace.engine.documents.assets import AssetSettings

__all__ = ["asset_settings", "file_options"]

F = TypeVar("F", bound=Callable[..., Any])

FILE_WAIT = 5.0
"""Seconds that a file is waited for, unless the user says otherwise."""


def file_options(command: F) -> F:
    """Add ``--map-path``, ``--file-wait`` and ``--allow-files`` to a command."""
    options = (
        click.option(
            "--map-path",
            metavar="THERE=HERE",
            multiple=True,
            help="Where a folder that documents name lies on this machine; may be given several times.",
        ),
        click.option(
            "--file-wait",
            metavar="SECONDS",
            type=click.FloatRange(min=0),
            default=FILE_WAIT,
            show_default=True,
            help="How long data files that are still being written are waited for.",
        ),
        click.option(
            "--allow-files",
            metavar="FOLDER",
            multiple=True,
            help="Read data files in this folder only; may be given several times.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def asset_settings(options: dict[str, Any]) -> AssetSettings:
    """Take the values of these options out of all options.

    Raises
    ------
    UsageError
        If a mapping is not of the form ``THERE=HERE``.
    NotReachableError
        If a folder is not there.
    """
    from headrace.engine.documents.assets import AssetSettings

    mapped = dict(map(_mapping, options.pop("map_path")))
    allowed = tuple(_folder(folder) for folder in options.pop("allow_files"))
    return AssetSettings(root_map=mapped, patience=options.pop("file_wait"), allowed=allowed or None)


def _mapping(text: str) -> tuple[str, str]:
    there, mark, here = text.partition("=")
    if not (there and mark and here):
        problem = f"--map-path {text}: expected THERE=HERE, such as /beamline/data=/mnt/data"
        raise UsageError(problem)
    return there, str(_folder(here))


def _folder(text: str) -> Path:
    folder = Path(text).expanduser().absolute()
    if not folder.is_dir():
        problem = f"there is no folder {text} on this machine"
        raise NotReachableError(problem)
    return folder
