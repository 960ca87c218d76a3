"""Folding a large graph: nodes that are alike, named alike, or follow one another become one box."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from headrace.engine.view.groups import Groups, folded
from headrace.engine.view.rendered import Rendered, RenderedNode

__all__ = ["MANY", "fold", "foldable"]

MANY = 60
"""A graph with more nodes than this is folded, if nobody says otherwise."""
_FEW = 24
_LEAST = 3
_KEPT_APART = 12

_Key: TypeAlias = Callable[[RenderedNode], object]


def foldable(rendered: Rendered) -> bool:
    """Tell whether a graph is so large that its picture is folded."""
    return len(rendered.nodes) > MANY


def fold(rendered: Rendered, *, few: int = _FEW) -> Rendered:
    """Fold a graph until it has few boxes, as far as it lends itself to that.

    First nodes of one type whose names differ in numbers only (``roi_1``, ``roi_2``, …), then those whose names begin
    alike (``ring_mean``, ``ring_width``), then chains, then nodes of one type at the same depth. A loop never comes
    from folding. A node that is broken or in which events failed stays by itself, unless there are many.

    Parameters
    ----------
    rendered
        The graph.
    few
        With so many boxes or fewer, folding ends.

    Examples
    --------
    >>> from headrace.engine.view.rendered import RenderedNode
    >>> rois = tuple(RenderedNode(f"n{n}", f"roi_{n}", "roi") for n in range(50))
    >>> [node.name for node in fold(Rendered("g", nodes=rois)).nodes]
    ['roi_… (50)']
    """
    apart = [node for node in rendered.nodes if node.broken or (node.tally and node.tally.failed)]
    alone = {node.id for node in apart} if len(apart) <= _KEPT_APART else set()
    groups = Groups(rendered, alone)
    for enough, candidates in _steps(few):
        if len(groups) <= enough:
            break
        for members in candidates(rendered, groups):
            groups.join(members, least=_LEAST)
    return folded(rendered, groups)


_Candidates: TypeAlias = Callable[[Rendered, Groups], Iterator[Sequence[str]]]


def _steps(few: int) -> Iterator[tuple[int, _Candidates]]:
    """Give what to try in turn, and with how many boxes not to try it."""
    yield from ((few, candidates) for candidates in (_by(_stem), _by(_beginning), _chains, _level(_kind)))
    yield from ((MANY, candidates) for candidates in (_level(_role), _chains, _level(_role)))


def _by(key: _Key) -> _Candidates:
    """Give what makes groups of nodes with the same key."""

    def candidates(rendered: Rendered, groups: Groups) -> Iterator[list[str]]:
        alike: dict[object, list[str]] = {}
        for node in rendered.nodes:
            value = key(node)
            if value is not None and node.role != "missing":
                alike.setdefault(value, []).append(node.id)
        yield from alike.values()

    return candidates


def _stem(node: RenderedNode) -> object:
    stem = re.sub(r"\d+", "#", node.name)
    return (stem, node.type) if stem != node.name else None


def _beginning(node: RenderedNode) -> object:
    beginning, mark, _ = re.sub(r"\d+", "0", node.name).partition("_")
    return beginning if mark and node.role == "step" else None


def _chains(rendered: Rendered, groups: Groups) -> Iterator[list[str]]:
    """Give runs of boxes of which each has only the one before and the one after."""
    graph = groups.graph()
    links = {a: b for a, b in graph.edges if graph.out_degree(a) == 1 and graph.in_degree(b) == 1}
    for first in [box for box in links if box not in set(links.values())]:
        chain = [first]
        while chain[-1] in links:
            chain.append(links[chain[-1]])
        yield [member for box in chain for member in groups.members(box)]


def _kind(node: RenderedNode) -> object:
    return node.type, node.role


def _role(node: RenderedNode) -> object:
    return node.role


def _level(key: _Key) -> _Candidates:
    """Give what makes groups of boxes of one kind at the same depth: none of those ever depends on another."""

    def candidates(rendered: Rendered, groups: Groups) -> Iterator[list[str]]:
        import networkx as nx

        kinds = {node.id: key(node) for node in rendered.nodes}
        for boxes in list(nx.topological_generations(groups.graph())):
            alike: dict[object, list[str]] = {}
            for box in boxes:
                members = groups.members(box)
                alike.setdefault(frozenset(kinds[member] for member in members), []).extend(members)
            yield from alike.values()

    return candidates
