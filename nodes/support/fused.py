"""Loops over pixels that numba compiles, if it is installed: the same bits as with numpy alone, only sooner.

numba is no dependency. Each loop is compiled when it is first asked for, which takes about a second, and so only
for arrays of at least `WORTHWHILE` numbers. No fast mathematics: each operation is done as it stands, in order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

from headrace.nodes.support.compiling import compiling

__all__ = ["WORTHWHILE", "Loop", "count_by_bin", "move_markers", "welford"]

WORTHWHILE = 65536
"""Least size of an array for which a loop is compiled."""
Loop: TypeAlias = Callable[..., None]


@functools.cache
def welford() -> Loop | None:
    """Give ``loop(values, means, squares, count)``: one step of Welford's recurrence, place by place."""
    return _compiled(_welford)


@functools.cache
def count_by_bin() -> Loop | None:
    """Give ``loop(values, edges, per_unit, counts)``: count numbers by place among bins of one width."""
    return _compiled(_count_by_bin)


@functools.cache
def move_markers() -> Loop | None:
    """Give ``loop(values, heights, ranks, count, fractions)``: one step of the P² algorithm, place by place."""
    return _compiled(_move_markers)


def _compiled(loop: Loop) -> Loop | None:
    try:
        import numba
    except ImportError:  # not installed, or not for this version of numpy
        return None
    compiled: Loop = numba.njit(error_model="numpy", nogil=True)(loop)

    def guarded(*arguments: Any) -> None:
        types = tuple(getattr(argument, "dtype", type(argument)) for argument in arguments)
        with compiling((loop.__name__, types)) as is_compiled:
            compiled(*arguments)
            is_compiled()

    return guarded


def _welford(values: Any, means: Any, squares: Any, count: float) -> None:
    for i in range(values.size):
        apart = values[i] - means[i]
        step = apart / count
        means[i] += step
        squares[i] += apart * step * (count - 1)


def _count_by_bin(values: Any, edges: Any, per_unit: float, counts: Any) -> None:
    last = edges.size - 1
    low, high = edges[0], edges[last]
    for i in range(values.size):
        value = values[i]
        if low <= value <= high:
            place = min(int((value - low) * per_unit), last - 1)
            if value < edges[place]:  # rounding is off by one place at most
                place -= 1
            elif value >= edges[place + 1] and place < last - 1:
                place += 1
            counts[place + 1] += 1
        elif value < low:
            counts[0] += 1
        elif value > high:
            counts[last + 1] += 1
        else:
            counts[last + 2] += 1


def _move_markers(values: Any, heights: Any, ranks: Any, count: Any, fractions: Any) -> None:
    for i in range(values.size):
        heights[0, i] = min(heights[0, i], values[i])
        heights[4, i] = max(heights[4, i], values[i])
        ranks[4, i] += 1
        for m in range(1, 4):
            ranks[m, i] += values[i] < heights[m, i]
        for m in range(1, 4):
            rank, height = ranks[m, i], heights[m, i]
            lag = (count[i] - 1) * fractions[m] - rank
            above, below = ranks[m + 1, i] - rank, rank - ranks[m - 1, i]
            if (lag >= 1 and above > 1) or (lag <= -1 and below > 1):
                step = 1.0 if lag >= 1 else -1.0
                up, down = (heights[m + 1, i] - height) / above, (height - heights[m - 1, i]) / below
                parabola = height + step / (above + below) * ((below + step) * up + (above - step) * down)
                inside = heights[m - 1, i] < parabola < heights[m + 1, i]
                heights[m, i] = parabola if inside else height + step * (up if step > 0 else down)
                ranks[m, i] += step
