"""Tables of peaks, one image after the other, with the particle of each peak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import HeadraceError, UsageError
from headrace.engine.model.faults import nearest
from headrace.nodes.support.compiling import one_at_a_time

if TYPE_CHECKING:
    import pandas as pd

    from headrace.nodes.support.linker import IncrementalLinker

__all__ = ["LinkError", "LinkSettings", "Tracker"]


class LinkError(HeadraceError):
    """Peaks that are too dense to be linked within the search range."""


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What ``trackpy.link`` takes, under its names."""

    search_range: Any
    memory: int = 0
    adaptive_stop: float | None = None
    adaptive_step: float = 0.95
    neighbor_strategy: str | None = None
    link_strategy: str | None = None


class Tracker:
    """Adds particles to tables of peaks, one image after the other.

    Parameters
    ----------
    settings
        How to link.
    pos_columns
        Columns with the positions; None: y, x, and z before them if it is there.
    t_column
        Column with the number of the image.
    """

    def __init__(self, settings: LinkSettings, pos_columns: list[str] | None, t_column: str) -> None:
        self._settings, self._columns, self._t_column = settings, pos_columns, t_column
        self._linker: IncrementalLinker | None = None
        self._last: int | None = None

    def change(self, settings: Mapping[str, Any]) -> None:
        """Go on with other settings; see `LinkSettings`."""
        from headrace.nodes.support.linker import IncrementalLinker

        self._settings = replace(self._settings, **settings)
        if self._linker is not None:
            successor = IncrementalLinker(**asdict(self._settings))
            successor.succeed(self._linker)
            self._linker = successor

    def link(self, peaks: pd.DataFrame, number: int | None) -> pd.DataFrame:
        """Give the table with the particle of each row.

        Parameters
        ----------
        peaks
            The peaks of one image.
        number
            Number of the image, if the table doesn't say; None: the one after the last.

        Raises
        ------
        UsageError
            If the table isn't that of one later image, or lacks columns.
        LinkError
            If the peaks are too dense.
        """
        tracks = peaks.copy()
        if len(peaks) == 0:
            tracks["particle"] = np.empty(0, dtype=np.int64)
            return tracks
        coordinates = self._coordinates(peaks)
        frame = self._frame(peaks, number)
        tracks["particle"] = np.array(self._advance(coordinates, frame), dtype=np.int64)
        return tracks

    def _frame(self, peaks: pd.DataFrame, number: int | None) -> int:
        """Give the number of the image, which must come after the last one."""
        frame = number if number is not None else (0 if self._last is None else self._last + 1)
        if self._t_column in peaks:
            frames = np.unique(peaks[self._t_column].to_numpy())
            if len(frames) > 1:
                problem = f"link takes the peaks of one image; {self._t_column!r} has {len(frames)} values in one table"
                raise UsageError(problem)
            frame = int(frames[0])
        if self._last is not None and frame <= self._last:
            problem = f"link: image {frame} came after image {self._last}; images must come in order, each once"
            raise UsageError(problem)
        return frame

    def _coordinates(self, peaks: pd.DataFrame) -> npt.NDArray[np.float64]:
        columns = self._columns or (["z", "y", "x"] if "z" in peaks else ["y", "x"])
        for name in columns:
            if name not in peaks:
                known = [str(column) for column in peaks.columns]
                problem = f"link: the table has no column {name!r}; it has {', '.join(known)}; {nearest(name, known)}"
                raise UsageError(problem.removesuffix("; "))
        coordinates = peaks[columns].to_numpy(dtype=np.float64)
        if not np.isfinite(coordinates).all():
            problem = f"link: {', '.join(columns)} hold NaN or infinity in {len(peaks)} rows; a position is needed"
            raise UsageError(problem)
        return coordinates

    def _advance(self, coordinates: npt.NDArray[np.float64], frame: int) -> list[int]:
        from headrace.nodes.support.linker import IncrementalLinker, SubnetOversizeException

        if self._linker is None:
            self._linker = IncrementalLinker(**asdict(self._settings))
        try:
            with one_at_a_time:  # crowded peaks are linked by what numba compiles, whenever the first crowd comes
                self._skip_to(frame, coordinates.shape[1])
                particles = self._linker.advance(coordinates, frame)
        except SubnetOversizeException as error:
            problem = (
                f"image {frame}: {len(coordinates)} peaks are too dense for search_range "
                f"{self._settings.search_range} ({error}); reduce search_range, set adaptive_stop, or find fewer "
                f"peaks. This event is left out, later ones are linked as if it had had no peak"
            )
            raise LinkError(problem) from error
        self._last = frame
        return particles

    def _skip_to(self, frame: int, axes: int) -> None:
        """Feed the images without a peak in between; once all is forgotten, more of them change nothing."""
        if self._linker is None or self._last is None:
            return
        empty = np.empty((0, axes))
        for gap in range(min(frame - self._last - 1, self._settings.memory + 1)):
            self._linker.advance(empty, self._last + 1 + gap)
        self._last = frame - 1
