"""Crystal maps: where on the sample each grain diffracts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np

from headrace.engine.model.constraints import Meta
from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest
from headrace.engine.model.node import node_class
from headrace.engine.model.ports import Stack, Table
from headrace.engine.model.records import Event, RunContext
from headrace.nodes.support.axes import axes_table
from headrace.nodes.support.grid import ScanGrid, grid_problems

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CrystalMaps", "crystal_map"]

_AVERAGED = ("y", "x", "mass", "size", "size_y", "size_x", "ecc", "signal", "raw_mass")


class CrystalMaps(NamedTuple):
    """What `crystal_map` gives."""

    maps: Stack
    r"""float64, shape (particles, \*shape): the value of each particle at each point of the grid."""
    grains: Table
    """A row per map: particle, number of points, mean of the peak columns over its points."""
    axes: Table
    """A row per index of each scan axis: axis, index, coordinate."""


class CrystalMap:
    r"""Put the peaks of each particle onto the grid of the scan: a map per particle.

    The mapping of the crystalmapping package: for each particle, an array of the scan's shape that is `fill`
    where the particle was not seen and holds its peak's `value` (mass) where it was. No normalisation, no
    background. The point comes from the column ``frame`` (the event's ``seq_num``), the grid from ``shape`` and
    ``snaking`` of the start document; any number of axes, each of which may snake. A one-dimensional scan without
    ``shape`` has ``num_points``.

    Maps are in ascending order of ``particle``; ``grains`` has a row for each in the same order: ``particle``,
    ``points`` (int64) and the mean of y, x, mass, size, ecc, signal, raw_mass over its points. ``axes`` has the
    coordinate of each index along each axis: from ``extents`` of the start document, moved so that the lowest is
    0 and, with `invert`, counted backwards, since the beam moves over the sample opposite to the stage. Without
    ``extents``, it is the index. Before any peak has come, there are maps of shape (0, \*shape).

    Parameters
    ----------
    value
        Column of the tracks that is mapped.
    fill
        Value where a particle was not seen, such as 0 or .nan.
    shape
        Points along each axis, the slowest first. Default: the start document's.
    snaking
        Whether each axis runs back and forth. Default: the start document's, or not.
    first
        ``seq_num`` of the first point of the grid.
    invert
        Whether coordinates are the sample's (opposite to the stage's).
    run
        The run.

    Raises
    ------
    DocumentError
        If the run has no shape, or an event lies outside the grid.
    UsageError
        If the tracks lack a column, or shape and snaking don't belong together.

    Notes
    -----
    A particle has at most one peak per point. Tracks are small, so all of them are kept until the run ends.

    In a graph file::

        maps: {type: crystal_map, in: tracks}
        keep: {type: sink, in: {maps: maps, grains: maps.grains}}

    Examples
    --------
    >>> import pandas as pd
    >>> from headrace.nodes import crystal_map
    >>> mapping = crystal_map(shape=[2, 2], snaking=[False, True])
    >>> mapping.update(pd.DataFrame({"y": [5.0], "x": [6.0], "mass": [7.0], "frame": [3], "particle": [0]}))
    >>> mapping.final().maps.tolist()
    [[[0.0, 0.0], [0.0, 7.0]]]
    >>> mapping.final().grains.to_dict("records")
    [{'particle': 0, 'points': 1, 'y': 5.0, 'x': 6.0, 'mass': 7.0}]
    """

    def __init__(
        self,
        *,
        value: str = "mass",
        fill: float = 0.0,
        shape: list[Annotated[int, Meta(ge=1)]] | None = None,
        snaking: list[bool] | bool | None = None,
        first: int = 1,
        invert: bool = True,
        run: RunContext | None = None,
    ) -> None:
        self._column, self._fill, self._invert = value, fill, invert
        self._start = run.start if run is not None else {}
        self._laid_out: dict[str, Any] = {"shape": shape, "snaking": snaking, "first": first}
        self._grid = ScanGrid.of_run(self._start, **self._laid_out)
        self._tables: list[pd.DataFrame] = []
        self._averaged: tuple[str, ...] = ("y", "x", "mass", "size", "ecc", "signal", "raw_mass")

    def change(self, **changed: Any) -> None:
        """Lay the maps out otherwise from now on, with all that has come."""
        self._fill, self._invert = changed.get("fill", self._fill), changed.get("invert", self._invert)
        self._laid_out |= {name: value for name, value in changed.items() if name in self._laid_out}
        self._grid = ScanGrid.of_run(self._start, **self._laid_out)

    def update(self, tracks: Table, *, event: Event | None = None) -> None:
        """Take the tracks of one event.

        Parameters
        ----------
        tracks
            Linked peaks, with columns ``particle``, ``frame`` and the mapped one. Without ``frame``, all rows
            belong to the event.
        event
            The event they belong to.
        """
        rows = self._with_frame(tracks, event)
        for name in ("particle", "frame", self._column):
            if name not in rows:
                known = [str(column) for column in rows.columns]
                problem = f"crystal_map: the table has no column {name!r}; it has {', '.join(known)}"
                hint = nearest(name, known)
                raise UsageError(f"{problem}; {hint}" if hint else problem)
        self._grid.position(rows["frame"].to_numpy())
        self._averaged = tuple(name for name in _AVERAGED if name in rows)
        if len(rows):
            self._tables.append(rows[list(dict.fromkeys(("particle", "frame", self._column, *self._averaged)))])

    def value(self) -> CrystalMaps:
        """Give the maps of what has come so far."""
        rows = self._rows()
        particles = np.unique(rows["particle"].to_numpy(dtype=np.int64))
        maps = np.full((len(particles), *self._grid.shape), self._fill, dtype=np.float64)
        place = np.searchsorted(particles, rows["particle"].to_numpy(dtype=np.int64))
        maps[(place, *self._grid.position(rows["frame"].to_numpy()))] = rows[self._column].to_numpy(np.float64)
        return CrystalMaps(maps, self._grains(rows), axes_table(self._grid, self._start, self._invert))

    def final(self) -> CrystalMaps:
        """Give the maps of the whole run."""
        return self.value()

    def _with_frame(self, tracks: pd.DataFrame, event: Event | None) -> pd.DataFrame:
        if "frame" in tracks or event is None:
            return tracks
        return tracks.assign(frame=event.key.seq_num)

    def _rows(self) -> pd.DataFrame:
        import pandas as pd

        if self._tables:
            return pd.concat(self._tables, ignore_index=True)
        names = dict.fromkeys(("particle", "frame", self._column, *self._averaged))
        return pd.DataFrame({name: np.empty(0, dtype=np.float64) for name in names})

    def _grains(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Give a row per particle: how often it was seen, and its mean peak."""
        grouped = rows.groupby("particle", sort=True)
        grains = grouped[list(self._averaged)].mean().astype(np.float64)
        grains.insert(0, "points", grouped.size().astype(np.int64))
        grains.insert(0, "particle", grains.index.to_numpy(dtype=np.int64))
        return grains.reset_index(drop=True)


crystal_map = node_class(
    CrystalMap,
    problems_of=grid_problems,
    on_change={"fill": "keep", "shape": "keep", "snaking": "keep", "first": "keep", "invert": "keep"},
)
