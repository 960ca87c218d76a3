"""Crystal maps by windows: where peaks are in the brightest image of the scan, and what each event has there."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from headrace.engine.model.constraints import Meta, Unit
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Frame, Stack, Table
from headrace.engine.model.records import Event, RunContext
from headrace.engine.model.skip import SKIP, Skip
from headrace.nodes.peaks import locate
from headrace.nodes.support.arrays import as_frame
from headrace.nodes.support.extremes import Maximum, Minimum
from headrace.nodes.support.grid import ScanGrid, grid_problems
from headrace.nodes.support.spool import Spool

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["WindowMaps", "crystal_windows"]


class WindowMaps(NamedTuple):
    """What `crystal_windows` gives."""

    maps: Stack
    r"""float64, shape (windows, \*shape): mean of each window at each point of the grid, over that of the dark."""
    windows: Table
    """A row per map: ``grain``, centre ``y, x``, half widths ``dy, dx`` (int64), ``mass`` of its peak (float64)."""
    dark: Frame
    """float64: the least each pixel had in any event."""
    light: Frame
    """float64: the greatest each pixel had in any event."""


class CrystalWindows:
    """Map crystals without linking: peaks are found once, in the difference of the brightest and darkest image.

    The later algorithm of the crystalmapping package. Over all events, each pixel's least value is the dark, its
    greatest the light (NaN is ignored). Peaks are located in light - dark with diameter 2 * radius + 1; the
    `number` with most mass are kept, the heaviest first. Around each, a window of `half_width` pixels on either
    side of floor(y), floor(x), cut at the edges of the image. A map's value at a point is the mean of the window
    in that event's image, minus the mean of the window in the dark. Without a peak there are no maps.

    It needs every image twice, since the windows are known only after the last one. So images are put aside in a
    **temporary file** while the run lasts: ny * nx * 8 bytes per event, for float64. Memory holds a few images,
    however long the run. Points of the grid whose event is missing have the value `fill`.

    Parameters
    ----------
    radius
        Radius of a peak; the search has diameter 2 * radius + 1.
    number
        How many peaks are kept at most.
    half_width
        Half width of a window.
    minmass, separation, percentile
        How peaks are searched, as for `locate`. Beside strong peaks, the percentile hides faint ones: `percentile` 0
        with a `minmass` is the robust choice.
    shape, snaking, first
        The grid, as for `crystal_map`. Default: from the start document.
    fill
        Value where there is no event; null: NaN, so that a missing event is never taken for a dark one.
    run
        The run.

    Raises
    ------
    DocumentError
        If the run has no shape, or an event lies outside the grid.
    UsageError
        If images differ in shape.

    Notes
    -----
    The package also drops axes of length 1 from the shape; here maps have the shape of the scan.

    In a graph file::

        mean:    {type: average, in: frames}
        windows: {type: crystal_windows, in: mean, radius: 5, half_width: 6, number: 50}
        keep:    {type: sink, in: {maps: windows, windows: windows.windows, light: windows.light}}

    Examples
    --------
    >>> import numpy as np
    >>> from headrace.nodes import crystal_windows
    >>> y, x = np.mgrid[:64, :64]
    >>> peak = np.exp(-((y - 20) ** 2 + (x - 40) ** 2) / 8)
    >>> mapping = crystal_windows(shape=[3], radius=5, half_width=2)
    >>> for brightness in (0, 1000, 500):
    ...     mapping.update(brightness * peak)
    >>> result = mapping.final()
    >>> result.windows[["y", "x"]].values.tolist(), result.maps.round().tolist()
    ([[20, 40]], [[0.0, 633.0, 316.0]])
    """

    def __init__(
        self,
        *,
        radius: Annotated[int, Meta(ge=1), Unit("px")] = 25,
        number: Annotated[int, Meta(ge=1)] = 100,
        half_width: Annotated[int, Meta(ge=0), Unit("px")] = 25,
        minmass: float | None = None,
        separation: Annotated[float, Meta(gt=0), Unit("px")] | None = None,
        percentile: Annotated[float, Meta(ge=0, le=100)] = 64.0,
        shape: list[Annotated[int, Meta(ge=1)]] | None = None,
        snaking: list[bool] | bool | None = None,
        first: int = 1,
        fill: float | None = None,
        run: RunContext | None = None,
    ) -> None:
        self._number, self._half_width = number, half_width
        self._locate = partial(
            locate,
            diameter=2 * radius + 1,
            minmass=minmass,
            separation=separation,
            percentile=percentile,
            nan="zero",
        )
        self._fill = math.nan if fill is None else fill
        self._grid = ScanGrid.of_run(run.start if run is not None else {}, shape, snaking, first)
        self._dark, self._light, self._spool = Minimum("omit"), Maximum("omit"), Spool()

    def update(self, frame: Frame, *, event: Event | None = None) -> None:
        """Take the image of one event.

        Parameters
        ----------
        frame
            The event's image, shape (ny, nx), usually the mean of its frames.
        event
            The event; without one, images are numbered in the order in which they come.
        """
        image = as_frame(frame, "frame").astype(np.float64, copy=False)
        number = event.key.seq_num if event is not None else self._grid.first + len(self._spool.numbers)
        self._grid.position(number)
        self._spool.put(number, image)
        self._dark.push(image)
        self._light.push(image)

    def final(self) -> WindowMaps | Skip:
        """Choose the windows and measure them in every image; nothing if there was none."""
        if self._dark.is_empty:
            return SKIP
        dark, light = self._dark.value(), self._light.value()
        windows = self._chosen(light - dark)
        maps = self._measured(windows, dark)
        self._spool.close()
        return WindowMaps(maps, windows, dark, light)

    def _chosen(self, difference: npt.NDArray[np.float64]) -> pd.DataFrame:
        """Give the windows, that of the heaviest peak first."""
        import pandas as pd

        peaks = self._locate(difference)
        peaks = peaks.sort_values("mass", ascending=False, kind="stable").head(self._number)
        half = np.full(len(peaks), self._half_width, dtype=np.int64)
        columns: dict[str, Any] = {"grain": np.arange(len(peaks), dtype=np.int64)}
        columns |= {axis: np.floor(peaks[axis].to_numpy()).astype(np.int64) for axis in ("y", "x")}
        return pd.DataFrame({**columns, "dy": half, "dx": half.copy(), "mass": peaks["mass"].to_numpy()})

    def _measured(self, windows: pd.DataFrame, dark: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Give the mean of each window in each image over that in the dark, on the grid."""
        maps = np.full((len(windows), *self._grid.shape), self._fill, dtype=np.float64)
        boxes = [self._box(int(y), int(x)) for y, x in windows[["y", "x"]].to_numpy()]
        below = [dark[box].mean() for box in boxes]
        for number, image in zip(self._spool.numbers, self._spool, strict=True):
            means = [image[box].mean() for box in boxes]
            place: tuple[Any, ...] = (slice(None), *self._grid.position(number))
            maps[place] = np.subtract(means, below)
        return maps

    def _box(self, y: int, x: int) -> tuple[slice, slice]:
        half = self._half_width
        return slice(max(y - half, 0), y + half + 1), slice(max(x - half, 0), x + half + 1)


crystal_windows = node_class(CrystalWindows, problems_of=grid_problems)
