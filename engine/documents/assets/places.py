"""From the path or uri in a document to the file on this machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from headrace.engine.documents.assets.allowed import refuse_forbidden
from headrace.engine.documents.assets.settings import AssetSettings
from headrace.engine.documents.store_folder import ARRAYS
from headrace.engine.model.errors import DocumentError, NotReachableError
from headrace.engine.model.one_line import one_line

__all__ = ["find_file", "mapped", "path_of_uri"]

_LONGEST = 4000  # characters; systems take no longer path


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
    >>> path_of_uri("file:///Z:/data/scan.h5")
    'Z:/data/scan.h5'
    """
    parts = urlsplit(uri)
    if parts.scheme == "file":
        path = unquote(parts.path)
        return path[1:] if path[2:3] == ":" else path  # a drive of a Windows machine
    if parts.scheme and "://" in uri:
        message = f"can't read {one_line(uri, 200)!r}: expected a file:// uri"
        raise DocumentError(message)
    return uri


def mapped(path: str, settings: AssetSettings) -> str:
    r"""Replace the beginning of a path by what it is called here.

    A path of a Windows machine is understood if its beginning is one that is replaced.

    Examples
    --------
    >>> mapped("/nsls2/xpd/a.h5", AssetSettings(root_map={"/nsls2": "/mnt", "/nsls2/xpd": "/mnt/other"}))
    '/mnt/other/a.h5'
    >>> mapped("Z:\\scans\\a.h5", AssetSettings(root_map={"Z:\\": "/mnt/z"}))
    '/mnt/z/scans/a.h5'
    """
    for root in sorted(settings.root_map, key=len, reverse=True):
        bare = _slashed(root, root).rstrip("/")
        plain = _slashed(path, root)
        if plain == bare or plain.startswith(bare + "/"):
            return settings.root_map[root].rstrip("/") + plain[len(bare) :]
    return path


def _slashed(path: str, root: str) -> str:
    """Write a path with the separators of this machine, if the root it is compared with is a Windows machine's."""
    return path.replace("\\", "/") if root[1:2] == ":" or root.startswith("\\\\") else path


def find_file(path: str, settings: AssetSettings) -> Path:
    """Give the file a document names by its path, or the file of that name beside the document file.

    Raises
    ------
    NotReachableError
        If neither is there.
    DocumentError
        If it is a file that documents may not point to.
    """
    if "\0" in path or len(path) > _LONGEST or not path.isprintable():
        message = f"{one_line(path, 200)!r} is no path of a file"
        raise DocumentError(message)
    wanted = Path(mapped(path, settings))
    tried = [wanted]
    if settings.beside is not None:
        beside = settings.beside / wanted.name
        # The array file of a store belongs to the documents beside it: a copied store reads its own.
        tried = [beside, wanted] if wanted.name == ARRAYS else [wanted, beside]
    refusal: DocumentError | None = None
    for candidate in tried:
        try:
            refuse_forbidden(candidate, settings)
        except DocumentError as error:
            refusal = error
            continue
        if candidate.is_file():
            return candidate
    if refusal is not None:
        raise refusal
    places = " nor ".join(str(place) for place in tried)
    advice = "If it lies elsewhere here, map its folder with --map-path (in Python: root_map)"
    message = f"the data file is not at {places}. {advice}"
    raise NotReachableError(message)
