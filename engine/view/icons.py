"""A small sign for each family of node types, so that colour is never all that tells them apart."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ICON_SIZE", "icon"]

ICON_SIZE = 16
"""Icons are drawn with thin lines in a square of this size."""

_OTHER = "M8 3a5 5 0 1 0 0.01 0z"
_RINGS = "M8 6.5a1.5 1.5 0 1 0 0.01 0z M8 4a4 4 0 1 0 0.01 0z M8 1.5a6.5 6.5 0 1 0 0.01 0z"
_HATCH = "M2 2h12v12h-12z M2 8l6 -6 M2 14l12 -12 M8 14l6 -6"
_CORNERS = "M2 5.5v-3.5h3.5 M10.5 2h3.5v3.5 M14 10.5v3.5h-3.5 M5.5 14h-3.5v-3.5"
_CURVE = "M1.5 13c3.5 0 3.5 -10 6.5 -10s3 10 6.5 10"
_ICONS: Mapping[str, str] = {
    "accumulators": "M12 4.5v-1.5h-8l4.5 5l-4.5 5h8v-1.5",
    "auto_masks": _HATCH,
    "backgrounds": "M2 2.5h12v11h-12z M2 11l4 -4.5l3 3l2 -2l3 3",
    "bad_pixels": "M2 2h12v12h-12z M6 6h4v4h-4z",
    "corrections": "M2 5h12 M2 11h12 M6 3v4 M10.5 9v4",
    "darks": "M10.5 2.5a6 6 0 1 0 3 8a5.2 5.2 0 0 1 -3 -8z",
    "diffraction": "M1 8h6 M7 8l7 -4.5 M7 8l7 4.5 M7 5v6",
    "exports": "M3.5 14v-12h6l3 3v9z M9.5 2v3h3",
    "filters": "M2 3h12l-4.5 5.5v5l-3 -1.8v-3.2z",
    "frames": "M5 2h9v9 M2 5h9v9h-9z",
    "integration": _RINGS,
    "maps": "M2 2h12v12h-12z M2 6h12 M2 10h12 M6 2v12 M10 2v12",
    "masks": _HATCH,
    "peaks": "M1 13.5h3l3 -10.5l3 10.5h1.5l1 -4l1 4h1.5",
    "plots": "M2 2v12h12 M5.5 11.5v-4 M8.5 11.5v-8 M11.5 11.5v-6",
    "points": "M3.5 11a1 1 0 1 0 0.01 0z M7 6a1 1 0 1 0 0.01 0z M10 9a1 1 0 1 0 0.01 0z M13 3a1 1 0 1 0 0.01 0z",
    "profile_values": _CURVE + " M8 5v9",
    "profiles": _CURVE,
    "regions": _CORNERS,
    "scans": "M2 3h12v5h-12v5h12",
    "shapes": "M2 14v-7h7v7z M6 7v-5h8v8h-5",
    "sinks": "M8 2v7.5 M4.5 6.5l3.5 3.5l3.5 -3.5 M2 10.5v3.5h12v-3.5",
    "smoothing": "M1 9c2 -7 4 -7 5 0s3 6 5 0s3 -4 4 -4",
    "sources": "M1.5 8h9 M7 4.5l3.5 3.5l-3.5 3.5 M14 2.5v11",
    "tables": "M2 3h12v10h-12z M2 6.5h12 M2 9.8h12 M6.5 3v10",
    "windows": _CORNERS,
}


def icon(family: str) -> str:
    """Give the path of a family's icon; families of other packages share one.

    Examples
    --------
    >>> icon("tables") != icon("somebody_elses") == icon("")
    True
    """
    return _ICONS.get(family, _OTHER)
