"""Series of files, one or several for each point, named by a template."""

from __future__ import annotations

import re

from headrace.engine.model.errors import DocumentError

__all__ = ["classic_name", "stream_name"]

_OLD = re.compile(r"%(?P<flags>[-+ 0]*)(?P<width>\d{0,2})(?:\.(?P<digits>\d{1,2}))?(?P<kind>[sdi%])")
_NEW = re.compile(r"\{(?:0|index)?(?::(?P<fill>0?)(?P<width>\d{0,2})d?)?\}")


def classic_name(template: str, *values: str | int) -> str:
    """Fill an areaDetector file template such as ``%s%s_%6.6d.tiff``.

    Raises
    ------
    DocumentError
        If it isn't such a template, or doesn't take these values.

    Examples
    --------
    >>> classic_name("%s%s_%6.6d.tiff", "/data/", "scan", 7)
    '/data/scan_000007.tiff'
    """
    if "%" in _OLD.sub("", template):  # only what is known is formatted: a template comes from outside
        message = f"{template!r} is no file template; expected something like '%s%s_%6.6d.tiff'"
        raise DocumentError(message)
    try:
        return template % values
    except (TypeError, ValueError) as error:
        message = f"file template {template!r} doesn't take {values!r}: {error}"
        raise DocumentError(message) from error


def stream_name(template: str, filename: str, index: int) -> str:
    """Fill the file template of a stream resource, in the new form (``{:06d}``) or the old one (``%s_%06d``).

    Examples
    --------
    >>> stream_name("scan_{:06d}.tiff", "", 7)
    'scan_000007.tiff'
    >>> stream_name("%s%s_%6.6d.tiff", "scan", 7)
    'scan_000007.tiff'
    """
    if "%" in template:
        places = len(re.findall(r"%[-+ 0\d.]*s", template))
        names = (filename, *[""] * (places - 1)) if places else ()
        return classic_name(template, *names, index)
    named = template.replace("{filename}", filename)
    bare = _NEW.sub("", named)
    if "{" in bare or "}" in bare:
        message = f"{template!r} is no file template; expected something like 'scan_{{:06d}}.tiff'"
        raise DocumentError(message)
    return _NEW.sub(lambda match: _number(index, match), named)


def _number(index: int, match: re.Match[str]) -> str:
    width = int(match["width"] or 0)
    return str(index).rjust(width, "0" if match["fill"] else " ")
