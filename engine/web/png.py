"""Small pictures of images: values by a colour map, written as PNG without any other package."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["MAPS", "indices", "png"]

# Eleven colours of each map at even distances. All but the greys are those of matplotlib (given to the public domain
# by their makers), and all get steadily lighter, so that they are read alike with any colour vision.
MAPS: Mapping[str, tuple[str, ...]] = {
    "viridis": (
        *("440154", "482475", "414487", "355f8d", "2a788e", "21918c"),
        *("22a884", "44bf70", "7ad151", "bddf26", "fde725"),
    ),
    "magma": (
        *("000004", "140e36", "3b0f70", "641a80", "8c2981", "b73779"),
        *("de4968", "f7705c", "fe9f6d", "fecf92", "fcfdbf"),
    ),
    "cividis": (
        *("00224e", "083370", "35456c", "4f576c", "666970", "7d7c78"),
        *("948e77", "aea371", "c8b866", "e5cf52", "fee838"),
    ),
    "grey": (
        "000000",
        "1a1a1a",
        "333333",
        "4d4d4d",
        "666666",
        "808080",
        "999999",
        "b3b3b3",
        "cccccc",
        "e6e6e6",
        "ffffff",
    ),
    "paper": (
        "ffffff",
        "e6e6e6",
        "cccccc",
        "b3b3b3",
        "999999",
        "808080",
        "666666",
        "4d4d4d",
        "333333",
        "1a1a1a",
        "000000",
    ),
}
NOTHING = 255
"""Index of pixels without a value: they are transparent."""


@cache
def _palette(name: str) -> bytes:
    anchors = np.array([[int(text[at : at + 2], 16) for at in (0, 2, 4)] for text in MAPS[name]], dtype=np.float64)
    where = np.linspace(0, len(anchors) - 1, NOTHING)
    table = np.stack([np.interp(where, np.arange(len(anchors)), anchors[:, band]) for band in range(3)], axis=1)
    return np.rint(table).astype(np.uint8).tobytes() + b"\x80\x80\x80"


def indices(image: npt.NDArray[Any], low: float, high: float, *, log: bool = False) -> npt.NDArray[np.uint8]:
    """Give the place of each pixel in a colour map: 0 to 254, and 255 for NaN.

    Examples
    --------
    >>> import numpy as np
    >>> indices(np.array([[0.0, 1.0, np.nan, 9.0]]), 0.0, 2.0).tolist()
    [[0, 127, 255, 254]]
    """
    values = (np.abs(image) if image.dtype.kind == "c" else image).astype(np.float32)
    missing = np.isnan(values)
    span = max(high - low, 1e-30)
    share = np.clip((values - low) / span, 0, 1)
    if log:
        share = np.log1p(share * 999) / np.log(1000)
    share[missing] = 0
    found: npt.NDArray[np.uint8] = (share * (NOTHING - 1)).astype(np.uint8)
    found[missing] = NOTHING
    return found


def png(pixels: npt.NDArray[np.uint8], colours: str = "viridis") -> bytes:
    """Write places in a colour map as a PNG.

    Examples
    --------
    >>> import numpy as np
    >>> png(np.zeros((2, 3), dtype=np.uint8))[1:4]
    b'PNG'
    """
    ny, nx = pixels.shape
    rows = np.zeros((ny, nx + 1), dtype=np.uint8)
    rows[:, 1:] = pixels
    head = struct.pack(">IIBBBBB", nx, ny, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", _palette(colours)),
        (b"tRNS", b"\xff" * NOTHING + b"\x00"),
        (b"IDAT", zlib.compress(rows.tobytes(), 1)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
