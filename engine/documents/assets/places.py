"""From the path or uri in a document to the file on this machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from headrace.engine.documents.assets.settings import AssetSettings
from headrace.engine.documents.store_folder import ARRAYS
from headrace.engine.model.errors import DocumentError, NotReachableError

__all__ = ["find_file", "mapped", "path_of_uri"]


def path_of_uri(uri: str) -> str:
    """Give the path that a ``file:`` uri names; a plain path is taken as it is.

    Raises
    ------
    DocumentError
        If the uri is of another kind.

    Examples
    --------
    >>> path_of_uri("file://localhost/data/scan%201.h5")
    '/data/scan 1.h5'
    """
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return unquote(parts.path)
    if parts.scheme and "://" in uri:
        message = f"can't read {uri!r}: expected a file:// uri"
        raise DocumentError(message)
    return uri


def mapped(path: str, settings: AssetSettings) -> str:
    """Replace the beginning of a path by what it is called here.

    Examples
    --------
    >>> mapped("/nsls2/xpd/a.h5", AssetSettings(root_map={"/nsls2": "/mnt", "/nsls2/xpd": "/mnt/other"}))
    '/mnt/other/a.h5'
    """
    for root in sorted(settings.root_map, key=len, reverse=True):
        bare = root.rstrip("/")
        if path == bare or path.startswith(bare + "/"):
            return settings.root_map[root].rstrip("/") + path[len(bare) :]
    return path


def find_file(path: str, settings: AssetSettings) -> Path:
    """Give the file a document names by its path, or the file of that name beside the document file.

    Raises
    ------
    NotReachableError
        If neither is there.
    """
    wanted = Path(mapped(path, settings))
    tried = [wanted]
    if settings.beside is not None:
        beside = settings.beside / wanted.name
        # The array file of a store belongs to the documents beside it: a copied store reads its own.
        tried = [beside, wanted] if wanted.name == ARRAYS else [wanted, beside]
    for candidate in tried:
        if candidate.is_file():
            return candidate
    places = " nor ".join(str(place) for place in tried)
    message = f"the data file is not at {places}. If it lies elsewhere here, map its folder with root_map"
    raise NotReachableError(message)
