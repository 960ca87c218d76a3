"""Constants of a program as bytes, as far as they can be told apart by value."""

from __future__ import annotations

import enum
import re
from pathlib import PurePath
from typing import Any

__all__ = ["data_of"]


def data_of(value: Any) -> bytes | None:
    """Give a constant as bytes; None if it is no plain data.

    Examples
    --------
    >>> data_of(2.5), data_of(object())
    (b'float 2.5', None)
    """
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | range | slice):
        return f"{type(value).__name__} {value!r}".encode("utf-8", "surrogatepass")
    if isinstance(value, enum.Enum):
        return f"{type(value).__qualname__}.{value.name} {value.value!r}".encode()
    if isinstance(value, re.Pattern):
        return f"pattern {value.pattern!r} {value.flags}".encode()
    if isinstance(value, PurePath):
        return f"path {value}".encode()
    if type(value).__module__ == "numpy" and hasattr(value, "tobytes") and hasattr(value, "dtype"):
        if value.dtype.hasobject:
            return None
        content: bytes = value.tobytes()
        return f"{value.dtype.str} {value.shape} ".encode() + content
    return None
