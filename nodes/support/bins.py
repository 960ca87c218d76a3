"""Bins along an axis: which one a number falls into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from headrace.engine.model.errors import UsageError
from headrace.nodes.support.fused import WORTHWHILE, count_by_bin

__all__ = ["Bins", "bin_problems"]

_BLOCK = 32768
"""Numbers that are worked on at a time: what is computed in between stays in the processor's cache."""
_DOUBT = 1e-6
"""How near to an edge, in bin widths, a number is looked up instead of computed; more where edges are less exact."""


def bin_problems(parameters: Mapping[str, Any]) -> Iterator[str]:
    """Give what is wrong with the parameters ``edges``, ``bins`` and ``range`` of a node."""
    edges, bins, span = (parameters.get(name) for name in ("edges", "bins", "range"))
    if (edges is None) == (bins is None and span is None):
        yield "give either 'edges', or 'bins' and 'range'"
    elif edges is None and (bins is None or span is None):
        yield "'bins' and 'range' belong together; one is missing"
    elif edges is not None and (len(edges) < 2 or not np.all(np.diff(edges) > 0) or not np.isfinite(edges).all()):
        yield "'edges' must be at least two finite numbers, each greater than the one before"
    elif span is not None and not (np.isfinite(span).all() and span[0] < span[1]):
        yield f"'range' must be two finite numbers, the lower one first; it is {list(span)}"


class Bins:
    """Bins between edges, as in ``numpy.histogram``: each holds its lower edge, and the last its upper one too.

    Numbers are compared to the edges in float64. Made either of edges, or of a number of bins of one width and
    the range they divide.

    Raises
    ------
    UsageError
        If edges, bins and range don't go together; see `bin_problems`.

    Examples
    --------
    >>> bins = Bins(bins=2, span=(0, 4))
    >>> bins.edges.tolist(), bins.places([-1, 0, 2, 4, 5, float("nan")]).tolist()
    ([0.0, 2.0, 4.0], [0, 1, 2, 2, 3, 4])
    """

    def __init__(
        self,
        edges: Sequence[float] | None = None,
        bins: int | None = None,
        span: tuple[float, float] | None = None,
    ) -> None:
        for problem in bin_problems({"edges": edges, "bins": bins, "range": span}):
            raise UsageError(problem)
        if edges is None:
            low, high = span or (0.0, 1.0)
            self.edges: npt.NDArray[np.float64] = np.linspace(low, high, (bins or 1) + 1)
            self._per_unit = (bins or 1) / (high - low)
            rounding = 8 * float(np.spacing(max(abs(low), abs(high))))
            self._doubt = max(_DOUBT, rounding * self._per_unit)
        else:
            self.edges = np.array(edges, dtype=np.float64)
            self._per_unit, self._doubt = 0.0, 1.0
        self.edges.flags.writeable = False

    def __len__(self) -> int:
        return len(self.edges) - 1

    @property
    def centers(self) -> npt.NDArray[np.float64]:
        """The middle of each bin."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    def places(self, values: Any) -> npt.NDArray[np.intp]:
        """Give the place of each number: 0 below the range, 1 to n in a bin, n + 1 above, n + 2 for NaN.

        A number alone comes back as an array of one.
        """
        array = np.atleast_1d(values)
        if array.dtype.kind != "f":
            array = array.astype(np.float64)
        return self._computed(array) if self._doubt < 0.25 else self._looked_up(array)

    def counts(self, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Count an array's numbers by place, shape (n + 3,)."""
        flat, size = np.ravel(values), len(self) + 3
        total = np.zeros(size, dtype=np.int64)
        if flat.size >= WORTHWHILE and self._doubt < 0.25 and flat.dtype.name in ("float32", "float64"):
            loop = count_by_bin()
            if loop is not None:
                loop(flat, self.edges, self._per_unit, total)
                return total
        for start in range(0, flat.size, _BLOCK):
            total += np.bincount(self.places(flat[start : start + _BLOCK]), minlength=size)
        return total

    def _looked_up(self, array: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        """Find places by bisection."""
        places = np.searchsorted(self.edges, array, side="right")
        places[array == self.edges[-1]] = len(self)
        places[np.isnan(array)] = len(self) + 2
        return places

    def _computed(self, array: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        """Find places by dividing by the width; look up only what rounding could put into the wrong bin."""
        with np.errstate(over="ignore"):
            where = np.subtract(array, self.edges[0], dtype=np.float64)
            where *= self._per_unit
        where += 1
        nan = bool(array.size) and bool(np.isnan(where.max()))
        np.fmax(where, 0.5, out=where)
        np.fmin(where, len(self) + 1.5, out=where)
        places: npt.NDArray[np.intp] = where.astype(np.intp)
        where -= places
        where -= 0.5
        doubtful = np.abs(where, out=where) > 0.5 - self._doubt
        if doubtful.any():
            places[doubtful] = self._looked_up(array[doubtful])
        if nan:
            places[np.isnan(array)] = len(self) + 2
        return places
