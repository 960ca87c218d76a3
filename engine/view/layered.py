"""Placing boxes in layers, each below what it needs, with few crossings and straight lines.

The method of Sugiyama and others (IEEE Trans. Syst. Man Cybern. 11 (1981) 109): layers by longest path, places in
lines that pass a layer, order within layers by barycentres, then positions by least squares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from headrace.engine.view.spacing import spaced

__all__ = ["Layout", "arrange"]

Point: TypeAlias = tuple[float, float]
Edge: TypeAlias = tuple[str, str]
_Item: TypeAlias = str | tuple[str, str, int]  # a node, or the place where an edge passes a layer

_SWEEPS = 12
_PASS_WIDTH = 26.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands.

    Attributes
    ----------
    boxes
        Node to the (x, y) of the middle of its upper side.
    routes
        (source, target) to the points that the line runs through, from top to bottom.
    width, height
        Extent of it all.
    """

    boxes: Mapping[str, Point]
    routes: Mapping[Edge, tuple[Point, ...]]
    width: float
    height: float


def arrange(sizes: Mapping[str, Point], edges: Sequence[Edge], *, gap_x: float = 28, gap_y: float = 62) -> Layout:
    """Place boxes of given sizes (width, height).

    Parameters
    ----------
    sizes
        Node to its size, in an order in which sources come first.
    edges
        Connections without loops, each once.
    gap_x, gap_y
        Least distance of boxes side by side, and from layer to layer.
    """
    layer = _layers(list(sizes), edges)
    paths = {edge: _path(edge, layer) for edge in edges}
    rows = _ordered(_rows(layer, paths), paths)
    widths = {item: sizes[item][0] if isinstance(item, str) else _PASS_WIDTH for row in rows for item in row}
    x = _positions(rows, paths, widths, gap_x)
    heights = [max((sizes[item][1] for item in row if isinstance(item, str)), default=0.0) for row in rows]
    tops = [sum(heights[:number]) + gap_y * number for number in range(len(rows))]
    left = min((x[item] - widths[item] / 2 for item in x), default=0.0)
    x = {item: value - left for item, value in x.items()}
    boxes = {name: (x[name], tops[layer[name]]) for name in sizes}
    routes = _routes(paths, x, tops, heights, sizes, layer)
    right = max((x[item] + widths[item] / 2 for item in x), default=0.0)
    return Layout(boxes, routes, right, tops[-1] + heights[-1] if rows else 0.0)


def _layers(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Put each node below its inputs, and one without inputs right above what needs it."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph(edges)
    graph.add_nodes_from(names)
    layer = {name: number for number, row in enumerate(nx.topological_generations(graph)) for name in row}
    for name in names:
        if graph.in_degree(name) == 0 and graph.out_degree(name):
            layer[name] = min(layer[after] for after in graph.successors(name)) - 1
    return layer


def _path(edge: Edge, layer: Mapping[str, int]) -> list[_Item]:
    source, target = edge
    passed: list[_Item] = [(source, target, number) for number in range(layer[source] + 1, layer[target])]
    return [source, *passed, target]


def _rows(layer: Mapping[str, int], paths: Mapping[Edge, Sequence[_Item]]) -> list[list[_Item]]:
    rows: list[list[_Item]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for name, number in layer.items():
        rows[number].append(name)
    for path in paths.values():
        for item in path[1:-1]:
            rows[int(item[2])].append(item)
    return rows


def _neighbours(
    paths: Mapping[Edge, Sequence[_Item]],
) -> tuple[dict[_Item, list[_Item]], dict[_Item, list[_Item]]]:
    above: dict[_Item, list[_Item]] = {}
    below: dict[_Item, list[_Item]] = {}
    for path in paths.values():
        for upper, lower in pairwise(path):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    return above, below


def _ordered(rows: list[list[_Item]], paths: Mapping[Edge, Sequence[_Item]]) -> list[list[_Item]]:
    """Order each row by the mean place of its neighbours, down and up in turn; keep the best that was seen."""
    above, below = _neighbours(paths)
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        rows = _swept(rows if down else rows[::-1], above if down else below)
        rows = rows if down else rows[::-1]
        count = _crossings(rows, below)
        if count < fewest:
            best, fewest = rows, count
    return best


def _swept(rows: Sequence[list[_Item]], towards: Mapping[_Item, list[_Item]]) -> list[list[_Item]]:
    done: list[list[_Item]] = []
    for row in rows:
        place = {item: number / max(len(done[-1]) - 1, 1) for number, item in enumerate(done[-1])} if done else {}
        own = {item: number / max(len(row) - 1, 1) for number, item in enumerate(row)}

        def mean(item: _Item, place: Mapping[_Item, float] = place, own: Mapping[_Item, float] = own) -> float:
            near = [place[other] for other in towards.get(item, ()) if other in place]
            return sum(near) / len(near) if near else own[item]

        done.append(sorted(row, key=mean))
    return done


def _crossings(rows: Sequence[Sequence[_Item]], below: Mapping[_Item, Sequence[_Item]]) -> int:
    total = 0
    for upper, lower in pairwise(rows):
        place = {item: number for number, item in enumerate(lower)}
        ends = [sorted(place[other] for other in below.get(item, ())) for item in upper]
        total += sum(
            left > right
            for number, first in enumerate(ends)
            for second in ends[number + 1 :]
            for left in first
            for right in second
        )
    return total


def _positions(
    rows: Sequence[Sequence[_Item]],
    paths: Mapping[Edge, Sequence[_Item]],
    widths: Mapping[_Item, float],
    gap: float,
) -> dict[_Item, float]:
    """Give the x of each item's middle: near the mean of its neighbours, in order, and apart."""
    above, below = _neighbours(paths)
    x: dict[_Item, float] = {}
    for row in rows:
        x.update(zip(row, spaced([0.0] * len(row), [widths[item] for item in row], gap), strict=True))
    for sweep in range(5 * _SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            near = {item: [*above.get(item, ()), *below.get(item, ())] for item in row}
            pulls = {item: [_pull(item, other) for other in near[item]] for item in row}
            wanted = [
                sum(pull * x[other] for pull, other in zip(pulls[item], near[item], strict=True)) / sum(pulls[item])
                if near[item]
                else x[item]
                for item in row
            ]
            weights = [sum(pulls[item]) or 1.0 for item in row]
            x.update(zip(row, spaced(wanted, [widths[item] for item in row], gap, weights), strict=True))
    return x


def _pull(item: _Item, other: _Item) -> float:
    """Say how straight a piece of line shall be: most where it passes layers, then from box to box."""
    return (1.0, 3.0, 8.0)[0 if isinstance(item, str) != isinstance(other, str) else 1 if isinstance(item, str) else 2]


def _routes(
    paths: Mapping[Edge, Sequence[_Item]],
    x: Mapping[_Item, float],
    tops: Sequence[float],
    heights: Sequence[float],
    sizes: Mapping[str, Point],
    layer: Mapping[str, int],
) -> dict[Edge, tuple[Point, ...]]:
    leaving = _docks({edge: path[1] for edge, path in paths.items()}, 0, x, sizes)
    arriving = _docks({edge: path[-2] for edge, path in paths.items()}, 1, x, sizes)
    routes = {}
    for edge, path in paths.items():
        source, target = edge
        points = [(leaving[edge], tops[layer[source]] + sizes[source][1])]
        for item in path[1:-1]:
            number = int(item[2])
            points += [(x[item], tops[number]), (x[item], tops[number] + heights[number])]
        routes[edge] = (*points, (arriving[edge], tops[layer[target]]))
    return routes


def _docks(
    ends: Mapping[Edge, _Item], side: int, x: Mapping[_Item, float], sizes: Mapping[str, Point]
) -> dict[Edge, float]:
    """Spread the lines at a box over its side, in the order in which they go away, so that they don't cross."""
    docks: dict[Edge, float] = {}
    for name in {edge[side] for edge in ends}:
        lines = sorted((edge for edge in ends if edge[side] == name), key=lambda edge: x[ends[edge]])
        step = min(36.0, 0.7 * sizes[name][0] / max(len(lines) - 1, 1))
        for number, edge in enumerate(lines):
            docks[edge] = x[name] + step * (number - (len(lines) - 1) / 2)
    return docks
