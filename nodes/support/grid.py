"""The grid of a scan: which point each event belongs to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import DocumentError, UsageError

__all__ = ["ScanGrid", "grid_problems"]

_MOST_AXES, _MOST_POINTS = 16, 1 << 22
"""Of a grid that a start document describes, which comes from outside; the graph itself may name a larger one."""


def grid_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Give what is wrong with the parameters ``shape`` and ``snaking`` of a node, as far as they tell."""
    shape, snaking = parameters["shape"], parameters["snaking"]
    if shape is not None and not len(shape):
        yield "'shape' has no axis; give the points along each, such as [8, 12], or null for that of the run"
    elif shape is not None and isinstance(snaking, list | tuple) and len(snaking) != len(shape):
        yield f"'shape' has {len(shape)} axes and 'snaking' has {len(snaking)}; give one truth value for each axis"


@dataclass(frozen=True, slots=True)
class ScanGrid:
    """A grid scan over any number of axes, each of which may snake.

    Attributes
    ----------
    shape
        Points along each axis, the slowest first.
    snaking
        For each axis, whether it runs back and forth. An axis that snakes turns round each time it has been run
        through, as in bluesky's plans; the first axis is run through once and never turns.
    first
        ``seq_num`` of the first point.

    Examples
    --------
    >>> grid = ScanGrid((2, 3), (False, True))
    >>> [tuple(int(i) for i in grid.position(n)) for n in range(1, 7)]
    [(0, 0), (0, 1), (0, 2), (1, 2), (1, 1), (1, 0)]
    """

    shape: tuple[int, ...]
    snaking: tuple[bool, ...]
    first: int = 1

    @classmethod
    def of_run(
        cls,
        start: Mapping[str, Any],
        shape: Sequence[int] | None = None,
        snaking: Sequence[bool] | bool | None = None,
        first: int = 1,
    ) -> ScanGrid:
        """Read the grid from a start document, or take what is given instead.

        Raises
        ------
        DocumentError
            If the start document has no ``shape`` (or ``num_points``) and none is given.
        UsageError
            If shape and snaking don't belong together.
        """
        chosen = shape if shape is not None else _shape_of(start)
        turns = snaking if snaking is not None else start.get("snaking", False)
        flags = [bool(turns)] * len(chosen) if isinstance(turns, bool) else [bool(flag) for flag in turns]
        if len(flags) != len(chosen):
            problem = f"the scan has {len(chosen)} axes (shape {list(chosen)}), but snaking {flags}; give one for each"
            raise UsageError(problem)
        return cls(tuple(int(points) for points in chosen), tuple(flags), first)

    @property
    def size(self) -> int:
        """Number of points."""
        return int(np.prod(self.shape, dtype=np.int64))

    def position(self, frames: Any) -> tuple[npt.NDArray[np.int64], ...]:
        """Give the index along each axis for event numbers.

        Raises
        ------
        DocumentError
            If a number lies outside the grid.
        """
        steps = np.asarray(frames, dtype=np.int64) - self.first
        outside = (steps < 0) | (steps >= self.size)
        if outside.any():
            number = int(np.asarray(frames)[outside][0]) if np.ndim(frames) else int(frames)
            problem = (
                f"event {number} is outside the scan grid of shape {list(self.shape)}, which has events {self.first} "
                f"to {self.first + self.size - 1}; give 'shape' or 'first' if the start document is wrong"
            )
            raise DocumentError(problem)
        return tuple(self._index(axis, steps) for axis in range(len(self.shape)))

    def _index(self, axis: int, steps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        points, inner = self.shape[axis], int(np.prod(self.shape[axis + 1 :], dtype=np.int64))
        index = steps // inner % points
        if not self.snaking[axis]:
            return index
        passes = steps // (inner * points)
        return np.where(passes % 2 == 1, points - 1 - index, index)


def _shape_of(start: Mapping[str, Any]) -> Sequence[int]:
    shape = start.get("shape", [start["num_points"]] if "num_points" in start else None)
    if not shape or not all(isinstance(points, int) and points > 0 for points in shape):
        problem = (
            f"the start document has no usable 'shape' (found {shape!r}), so events can't be put onto a grid; "
            f"give 'shape', such as [8, 12]"
        )
        raise DocumentError(problem)
    if len(shape) > _MOST_AXES or math.prod(shape) > _MOST_POINTS:
        problem = (
            f"the start document has 'shape' {str(list(shape))[:80]}, which is no scan: at most {_MOST_POINTS} points "
            f"on {_MOST_AXES} axes are laid out; give 'shape', such as [8, 12]"
        )
        raise DocumentError(problem)
    return list(shape)
