"""Which files a node reads, from its parameters: their content is part of what its values depend on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["image_file", "poni_files"]

_WORDS = re.compile(r'"([^"]+)"|(\S+)')


def image_file(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Give the file named by ``file``, which may be ``path:name``.

    Examples
    --------
    >>> list(image_file({"file": "dark.h5:frames"})), list(image_file({"file": None}))
    (['dark.h5:frames', 'dark.h5'], [])
    """
    file = parameters.get("file")
    if file is not None:
        yield str(file)
        if ":" in str(file):
            yield str(file).rpartition(":")[0]


def poni_files(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Give the poni file named by ``file``, and the files that are named in it (a distortion)."""
    file = parameters.get("file")
    if file is None:
        return
    yield str(file)
    try:
        text = Path(str(file)).expanduser().read_text(errors="replace")
    except OSError:
        return
    for quoted, bare in _WORDS.findall(text):
        word = quoted or bare
        if ("." in word or "/" in word) and Path(word).is_file():
            yield word
