"""Scans: what each event gave, at its place in the scan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.errors import UsageError
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Array, Frame, Profile, Scalar
from headrace.engine.model.records import Event, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.shapes import rebin
from headrace.nodes.support.arrays import as_frame, as_numbers
from headrace.nodes.support.grid import ScanGrid, grid_problems
from headrace.nodes.support.gridded import Gridded, Rows, tiled
from headrace.nodes.support.reduction import EMISSION, Every, Reduction, Seconds, emission_problems

__all__ = ["WaterfallSoFar", "mosaic", "to_grid", "waterfall"]


class WaterfallSoFar(NamedTuple):
    """What `waterfall` gives."""

    rows: Array
    """Shape (events, n), in the dtype of the curves."""
    seq_nums: Profile
    """int64, shape (events,): the numbers of their events."""


class ToGrid(Reduction):
    r"""Put the values of the events onto the grid of the scan: a map.

    The result is float64, of shape (\*grid, \*value): a map for numbers, a curve or an image at each point for
    curves or images. The place comes from the event's ``seq_num``, the grid from ``shape`` and ``snaking`` of the
    start document: any number of axes, each of which may snake. A one-dimensional scan without ``shape`` has
    ``num_points``. Points whose event is missing have the value `fill`, so a failed event is never 0. If a value
    comes twice for a point, the later one holds.

    The map so far is ``running``. A run without an event gives nothing. Memory holds the whole result.

    Parameters
    ----------
    shape
        Points along each axis, the slowest first. Default: the start document's.
    snaking
        Whether each axis runs back and forth. Default: the start document's, or not.
    first
        ``seq_num`` of the first point of the grid.
    fill
        Value of the points that nothing came for; null: NaN.
    every
        Show ``running`` on every n-th event only.
    seconds
        Show ``running`` when this much time has passed in the data since it was last shown.
    run
        The run.

    Raises
    ------
    DocumentError
        If the run has no shape, or an event lies outside the grid.
    UsageError
        If a value is no number or array, or has another shape than those before; or shape and snaking don't belong
        together.

    Notes
    -----
    In a graph file::

        total: {type: roi, in: clean, box: [100, 120, 40, 60]}
        map:   {type: to_grid, in: total}
        keep:  {type: sink, in: {map: map, map_so_far: map.running}}

    Examples
    --------
    >>> from headrace.nodes import to_grid
    >>> grid = to_grid(shape=[2, 2], snaking=[False, True])
    >>> for value in (1, 2, 3):
    ...     grid.update(value)
    >>> grid.final().tolist()
    [[1.0, 2.0], [nan, 3.0]]
    """

    def __init__(
        self,
        *,
        shape: list[Annotated[int, Meta(ge=1)]] | None = None,
        snaking: list[bool] | bool | None = None,
        first: int = 1,
        fill: float | None = None,
        every: Every = None,
        seconds: Seconds = None,
        run: RunContext | None = None,
    ) -> None:
        grid = ScanGrid.of_run(run.start if run is not None else {}, shape, snaking, first)
        super().__init__(Gridded(grid, math.nan if fill is None else fill), every, seconds)
        self._first = first

    def update(self, value: Scalar | Array, *, event: Event | None = None) -> None:
        """Take the value of one event.

        Parameters
        ----------
        value
            A number or an array.
        event
            The event; without one, values are put in the order in which they come.
        """
        number = event.key.seq_num if event is not None else self._first + self._events
        self._take((value, number), None, event)

    def value(self) -> Array | Skip:
        """Give the map so far, if it is to be shown now."""
        return self._running()

    def final(self) -> Array | Skip:
        """Give the map of the run; nothing if there was no event."""
        return self._result()


class Mosaic(Reduction):
    """Lay the images of a scan out side by side, each at its point of the grid: one large picture.

    The fastest axis of the scan runs across, all others down, one after the other. Images are made smaller first:
    `by` pixels along each side become one, their mean; rows and columns that are left over at the far end are cut.
    The result is float64; where nothing came, and between the tiles, it is `fill`. A NaN makes its bin NaN.

    The mosaic so far is ``running``. A run without an event gives nothing. Memory holds the mosaic twice while it is
    shown: points * (ny / by) * (nx / by) * 8 bytes each.

    Parameters
    ----------
    by
        How many pixels along each side become one.
    gap
        Pixels between the tiles.
    shape, snaking, first
        The grid, as for `to_grid`. Default: from the start document.
    fill
        Value of the points that nothing came for, and of the gaps; null: NaN.
    every
        Show ``running`` on every n-th event only.
    seconds
        Show ``running`` when this much time has passed in the data since it was last shown.
    run
        The run.

    Raises
    ------
    DocumentError
        If the run has no shape, or an event lies outside the grid.
    UsageError
        If an image is no image, smaller than one bin, or of another shape than those before.

    Notes
    -----
    In a graph file::

        overview: {type: mosaic, in: clean, by: 8, gap: 1, every: 10}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import mosaic
    >>> overview = mosaic(by=2, shape=[3])
    >>> for level in (1, 2):
    ...     overview.update(np.full((2, 4), level))
    >>> overview.final().tolist()
    [[1.0, 1.0, 2.0, 2.0, nan, nan]]
    """

    def __init__(
        self,
        *,
        by: Annotated[int, Meta(ge=1), Unit("px")] = 1,
        gap: Annotated[int, Meta(ge=0), Unit("px")] = 0,
        shape: list[Annotated[int, Meta(ge=1)]] | None = None,
        snaking: list[bool] | bool | None = None,
        first: int = 1,
        fill: float | None = None,
        every: Every = None,
        seconds: Seconds = None,
        run: RunContext | None = None,
    ) -> None:
        grid = ScanGrid.of_run(run.start if run is not None else {}, shape, snaking, first)
        super().__init__(Gridded(grid, math.nan if fill is None else fill), every, seconds)
        self._by, self._gap, self._first = by, gap, first
        self._fill = math.nan if fill is None else fill

    def update(self, frame: Frame, *, event: Event | None = None) -> None:
        """Take the image of one event.

        Parameters
        ----------
        frame
            The image, shape (ny, nx).
        event
            The event; without one, images are put in the order in which they come.
        """
        number = event.key.seq_num if event is not None else self._first + self._events
        tile = rebin(as_frame(frame, "frame"), by=self._by, how="mean", ragged="cut")
        self._take((tile, number), None, event)

    def value(self) -> Frame | Skip:
        """Give the mosaic so far, if it is to be shown now."""
        found = self._running()
        return SKIP if found is SKIP else tiled(found, self._gap, self._fill)

    def final(self) -> Frame | Skip:
        """Give the mosaic of the run; nothing if there was no event."""
        found = self._result()
        return SKIP if found is SKIP else tiled(found, self._gap, self._fill)


class Waterfall(Reduction):
    """Stack the curves of the events: a row for each, in the order of events.

    Rows have no gaps for events that were left out; ``seq_nums`` says which event each row is. Curves keep their dtype.
    The rows so far are ``running_rows``; of a long run, `last_values` shows only the last ones. A run without an event
    gives nothing. Memory holds all curves.

    Parameters
    ----------
    every
        Show what runs on every n-th event only.
    seconds
        Show what runs when this much time has passed in the data since it was last shown.

    Raises
    ------
    UsageError
        If a curve has not one axis, or another length than those before.

    Notes
    -----
    In a graph file::

        lines: {type: waterfall, in: curve}
        keep:  {type: sink, in: {rows: lines, events: lines.seq_nums}}

    Examples
    --------
    >>> from headrace.nodes import waterfall
    >>> lines = waterfall()
    >>> for curve in ([1, 2, 3], [4, 5, 6]):
    ...     lines.update(curve)
    >>> result = lines.final()
    >>> result.rows.tolist(), result.seq_nums.tolist()
    ([[1, 2, 3], [4, 5, 6]], [1, 2])
    """

    def __init__(self, *, every: Every = None, seconds: Seconds = None) -> None:
        super().__init__(Rows(), every, seconds)

    def update(self, profile: Profile, *, event: Event | None = None) -> None:
        """Take the curve of one event.

        Parameters
        ----------
        profile
            The curve, shape (n,).
        event
            The event, for its number and time; without one, events are numbered from 1.
        """
        curve = as_numbers(profile, "profile")
        if curve.ndim != 1:
            problem = f"profile has shape {curve.shape}; expected one curve, shape (n,)"
            raise UsageError(problem)
        self._take((curve, self._number(event)), None, event)

    def value(self) -> WaterfallSoFar | Skip:
        """Give the rows so far, if they are to be shown now."""
        found = self._running()
        return SKIP if found is SKIP else WaterfallSoFar(found.rows, found.numbers)

    def final(self) -> WaterfallSoFar | Skip:
        """Give the rows of the run; nothing if there was no event."""
        found = self._result()
        return SKIP if found is SKIP else WaterfallSoFar(found.rows, found.numbers)


def _problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    yield from emission_problems(parameters)
    yield from grid_problems(parameters)


mosaic = node_class(Mosaic, on_change=EMISSION, problems_of=_problems)
to_grid = node_class(ToGrid, on_change=EMISSION, problems_of=_problems)
waterfall = node_class(Waterfall, on_change=EMISSION, problems_of=emission_problems)
