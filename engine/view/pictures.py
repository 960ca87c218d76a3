"""Pictures of results, chosen by what they hold: peaks on the detector, tracks, maps of the sample, images, curves."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from headrace.engine.model.records import DEAD_LETTERS
from headrace.engine.view.kinds import Kinds, sorted_by_kind
from headrace.engine.view.results import Drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Form", "draw_result", "figures"]

Form: TypeAlias = Literal["png", "svg", "pdf"]
_DATELESS: Mapping[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def draw_result(
    result: Drawable,
    folder: str | Path,
    *,
    units: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    form: Form = "png",
) -> list[Path]:
    """Draw what a graph kept, as files named after the results.

    =================================================== ===================================================
    a result with                                       gives
    =================================================== ===================================================
    columns y, x, frame                                 the peaks as circles, on their image if there is one
    columns y, x, frame, particle                       the tracks on the detector, and when each was seen
    columns y, x, dy, dx                                the windows as boxes, on an image if there is one
    other columns                                       a sparkline for each
    arrays of the scan's ``shape``                      a map for each, over the motors' positions
    images that lie behind no other picture             the image (of one per event, the mean)
    stacks of images                                    each of them, side by side
    curves                                              lines, steps (histograms), or a waterfall of many
    numbers                                             over the grid of the scan, its one motor, or the events
    what exists once and is no array                    written out, all in ``values``
    =================================================== ===================================================

    Parameters
    ----------
    result
        The answer of a run.
    folder
        Where to write; made if it is not there.
    units
        Motor to unit of its position, such as ``{"sample_x": "mm"}``, from the raw run's descriptor.
    only
        Names of results, or of nodes that give them: draw these, each in a picture of its own; by default all.
    form
        ``png``, ``svg`` or ``pdf``.

    Returns
    -------
    Paths of the pictures; none if nothing can be drawn.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, figure in figures(result, units=units, only=only):
        path = folder / f"{_file_name(name, {item.stem for item in written})}.{form}"
        figure.savefig(path, dpi=150, metadata=_DATELESS[form])
        written.append(path)
    return written


def figures(
    result: Drawable, *, units: Mapping[str, str] | None = None, only: Collection[str] = ()
) -> Iterator[tuple[str, Figure]]:
    """Give a matplotlib figure for each picture, with its name; the parameters are those of `draw_result`."""
    kinds = sorted_by_kind(result, leave_out={DEAD_LETTERS} - set(only))
    chosen = {name for name in result.streams if {name, str(result.outputs.get(name, {}).get("node"))} & set(only)}
    told = {**(getattr(result, "units", None) or {}), **(units or {})}
    for name, draw in _pictures(kinds, result.start, told, chosen):
        if not only or name in chosen:
            yield name, draw()
    facts = {name: value for name, value in kinds.facts.items() if not only or name in chosen}
    if facts:
        from headrace.engine.view.figure_numbers import facts_figure

        yield "values", facts_figure(facts)


_Draw: TypeAlias = "Callable[[], Figure]"


def _pictures(
    kinds: Kinds, start: Mapping[str, Any], units: Mapping[str, str], chosen: Collection[str]
) -> Iterator[tuple[str, _Draw]]:
    """Give what draws each result; an image that lies behind others only if it is asked for."""
    yield from _detector(kinds, chosen)
    yield from _maps(kinds, start, units, chosen)
    yield from _plots(kinds, start, units)


def _detector(kinds: Kinds, chosen: Collection[str]) -> Iterator[tuple[str, _Draw]]:
    from headrace.engine.view import figure_detector as detector
    from headrace.engine.view.figure_images import stack_figure, windows_figure
    from headrace.engine.view.figure_tracks import tracks_figure

    behind = detector.background(kinds.images)
    for name, table in kinds.places.items():
        yield name, partial(detector.peaks_figure, name, table, behind, kinds.images, kinds.events)
    for name, table in kinds.tracks.items():
        yield name, partial(tracks_figure, name, table, behind)
    for name, table in kinds.windows.items():
        yield name, partial(windows_figure, name, table, behind)
    on_it = [table for table in kinds.places.values() if not detector.event_image(table, kinds.images, kinds.events)]
    hidden = {behind.name} if behind and (on_it or kinds.tracks or kinds.windows) else set()
    for name, images in kinds.images.items():
        if name not in hidden or name in chosen:
            yield name, partial(detector.image_figure, name, images, kinds.totals.get(name, 0))
    for name, stack in kinds.stacks.items():
        yield name, partial(stack_figure, name, stack)


def _maps(
    kinds: Kinds, start: Mapping[str, Any], units: Mapping[str, str], chosen: Collection[str]
) -> Iterator[tuple[str, _Draw]]:
    from headrace.engine.view.figure_maps import maps_figure
    from headrace.engine.view.figure_numbers import table_figure

    used: set[str] = set(kinds.windows)
    for name, maps in kinds.maps.items():
        fitting = [other for other, table in kinds.summaries.items() if len(table) == len(maps)]
        used |= set(fitting[:1])
        yield name, partial(maps_figure, name, maps, start, units, kinds.summaries[fitting[0]] if fitting else None)
    for name, table in {**kinds.summaries, **kinds.tables}.items():
        if name not in used or (name in chosen and name not in kinds.windows):
            yield name, partial(table_figure, name, table)


def _plots(kinds: Kinds, start: Mapping[str, Any], units: Mapping[str, str]) -> Iterator[tuple[str, _Draw]]:
    from headrace.engine.view.figure_curves import Curves, curves_figure
    from headrace.engine.view.figure_numbers import numbers_figure

    for name, values in kinds.curves.items():
        events, total = kinds.events.get(name, {}), kinds.totals.get(name, 0)
        curves = Curves(values, kinds.along.get(name), events, name in kinds.counts, units, total)
        yield name, partial(curves_figure, name, curves)
    for name, table in kinds.numbers.items():
        yield name, partial(numbers_figure, name, table, start, units)


def _file_name(name: str, taken: set[str]) -> str:
    """Give a file name that is safe everywhere, whatever the result is called."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:60] or "result"
    candidate, number = plain, 1
    while candidate in taken:
        number += 1
        candidate = f"{plain}_{number}"
    return candidate
