"""Pictures of results, chosen by what they hold: peaks on the detector, tracks, maps of the sample, images, curves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.view.kinds import Kinds, sorted_by_kind
from headrace.engine.view.results import Drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_result"]


def draw_result(result: Drawable, folder: str | Path, *, units: Mapping[str, str] | None = None) -> list[Path]:
    """Draw what a graph kept, as PNG files named after the results.

    =================================================== ===================================================
    a result with                                       gives
    =================================================== ===================================================
    columns y, x, frame                                 the peaks as circles, on an image if there is one
    columns y, x, frame, particle                       the tracks on the detector, and when each was seen
    columns y, x, dy, dx                                the windows as boxes, on an image if there is one
    arrays of the scan's ``shape``                      a map for each, over the motors' positions
    images that lie behind no other picture             the image (of one per event, the mean)
    stacks of images                                    each of them, side by side
    curves, numbers                                     lines; curves over the axis that was kept with them
    =================================================== ===================================================

    Parameters
    ----------
    result
        The answer of a run.
    folder
        Where to write; made if it is not there.
    units
        Motor to unit of its position, such as ``{"sample_x": "mm"}``, from the raw run's descriptor.

    Returns
    -------
    Paths of the pictures; none if nothing can be drawn.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, figure in _figures(sorted_by_kind(result), result.start, units or {}):
        path = folder / f"{_file_name(name, {item.stem for item in written})}.png"
        figure.savefig(path, dpi=150)
        written.append(path)
    return written


def _figures(kinds: Kinds, start: Mapping[str, Any], units: Mapping[str, str]) -> Iterator[tuple[str, Figure]]:
    from headrace.engine.view.figure_curves import curves_figure, numbers_figure
    from headrace.engine.view.figure_detector import background, image_figure, peaks_figure
    from headrace.engine.view.figure_images import stack_figure, windows_figure
    from headrace.engine.view.figure_maps import maps_figure
    from headrace.engine.view.figure_tracks import tracks_figure

    behind = background(kinds.images)
    for name, table in kinds.places.items():
        yield name, peaks_figure(name, table, behind, kinds.images, start)
    for name, table in kinds.tracks.items():
        yield name, tracks_figure(name, table, behind)
    for name, table in kinds.windows.items():
        yield name, windows_figure(name, table, behind)
    for name, maps in kinds.maps.items():
        fitting = [table for table in kinds.summaries.values() if len(table) == len(maps)]
        yield name, maps_figure(name, maps, start, units, fitting[0] if fitting else None)
    hidden = {behind.name} if behind and (kinds.places or kinds.tracks or kinds.windows) else set()
    for name, images in kinds.images.items():
        if name not in hidden:
            yield name, image_figure(name, images)
    for name, stack in kinds.stacks.items():
        yield name, stack_figure(name, stack)
    for name, curves in kinds.curves.items():
        yield name, curves_figure(name, curves, kinds.along.get(name))
    for name, table in kinds.numbers.items():
        yield name, numbers_figure(name, table, start, units)


def _file_name(name: str, taken: set[str]) -> str:
    """Give a file name that is safe everywhere, whatever the result is called."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:60] or "result"
    candidate, number = plain, 1
    while candidate in taken:
        number += 1
        candidate = f"{plain}_{number}"
    return candidate
