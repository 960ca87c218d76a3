"""Groups of nodes that are drawn as one box each."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from headrace.engine.view.rendered import Rendered, RenderedEdge, RenderedNode, Tally

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Groups", "folded"]


class Groups:
    """Which nodes stand in one box; at first, each in its own.

    Parameters
    ----------
    rendered
        The graph.
    alone
        Ids of nodes that never join others.
    """

    def __init__(self, rendered: Rendered, alone: Collection[str] = ()) -> None:
        self._box = {node.id: node.id for node in rendered.nodes}
        self._edges = [(edge.source, edge.target) for edge in rendered.edges if not edge.back]
        self._rank = {node.id: number for number, node in enumerate(rendered.nodes)}
        self._alone = frozenset(alone)

    def __len__(self) -> int:
        return len(set(self._box.values()))

    def box(self, node: str) -> str:
        """Give the box of a node: the id of the first node in it."""
        return self._box[node]

    def members(self, box: str) -> list[str]:
        """Give the nodes in a box, in the order of the graph."""
        return [node for node, place in self._box.items() if place == box]

    def graph(self) -> nx.DiGraph[str]:
        """Give the boxes with the connections between them."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(dict.fromkeys(self._box.values()))
        graph.add_edges_from((self._box[a], self._box[b]) for a, b in self._edges if self._box[a] != self._box[b])
        return graph

    def join(self, nodes: Sequence[str], *, least: int) -> None:
        """Put nodes into one box, or into few where one would need something that needs it.

        Nothing happens to fewer than `least` boxes.
        """
        boxes = list(dict.fromkeys(self._box[node] for node in nodes if node not in self._alone))
        boxes.sort(key=lambda box: self._rank[box])
        while len(boxes) >= least:
            taken = self._together(boxes)
            if len(taken) >= least:
                self._merge(taken)
            boxes = [box for box in boxes if box not in taken]

    def _together(self, boxes: Sequence[str]) -> list[str]:
        """Give boxes that can be one: none of them needs another by way of a box outside."""
        graph = self.graph()
        taken = [boxes[0]]
        below = _descendants(graph, boxes[0])
        for box in boxes[1:]:
            if not below.difference(taken) & _ancestors(graph, box):
                taken.append(box)
                below |= _descendants(graph, box)
        above = set().union(*(_ancestors(graph, box) for box in taken))
        return [boxes[0]] if (above & below).difference(taken) else taken

    def _merge(self, boxes: Sequence[str]) -> None:
        self._box = {node: boxes[0] if box in boxes else box for node, box in self._box.items()}


def _descendants(graph: nx.DiGraph[str], box: str) -> set[str]:
    import networkx as nx

    return set(nx.descendants(graph, box))


def _ancestors(graph: nx.DiGraph[str], box: str) -> set[str]:
    import networkx as nx

    return set(nx.ancestors(graph, box))


def folded(rendered: Rendered, groups: Groups) -> Rendered:
    """Draw each group as one node."""
    by_id = {node.id: node for node in rendered.nodes}
    boxes = dict.fromkeys(groups.box(node.id) for node in rendered.nodes)
    members = {box: [by_id[name] for name in groups.members(box)] for box in boxes}
    order = _ordered(groups, list(boxes))
    nodes = tuple(members[box][0] if len(members[box]) == 1 else _group(box, members[box]) for box in order)
    ids = {node.id: groups.box(node.id) for node in rendered.nodes}
    segments = tuple(
        replace(segment, nodes=tuple(dict.fromkeys(ids[node] for node in segment.nodes)))
        for segment in rendered.segments
    )
    return replace(rendered, nodes=nodes, edges=tuple(_edges(rendered, ids)), segments=segments)


def _ordered(groups: Groups, boxes: Sequence[str]) -> list[str]:
    """Put each box after what it needs, otherwise in the order of the graph."""
    import networkx as nx

    rank = {box: number for number, box in enumerate(boxes)}
    return list(nx.lexicographical_topological_sort(groups.graph(), key=lambda box: rank[box]))


def _group(box: str, members: Sequence[RenderedNode]) -> RenderedNode:
    first = members[0]
    same = [pair for pair in first.parameters if all(pair in node.parameters for node in members)]
    faults = [fault for node in members for fault in node.faults]
    return RenderedNode(
        id=box,
        name=_name([node.name for node in members]),
        type=_shared([node.type for node in members]) or "several types",
        family=_shared([node.family for node in members]),
        role="group",
        known=all(node.known for node in members),
        parameters=tuple(same),
        outputs=first.outputs if len({node.outputs for node in members}) == 1 else (),
        cadence=_shared([node.cadence for node in members]),
        stream=_shared([node.stream for node in members]),
        faults=tuple(faults),
        docs=first.docs if len({node.type for node in members}) == 1 else "",
        tally=_sum([node.tally for node in members if node.tally]),
        members=tuple(node.name for node in members),
    )


def _shared(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""


def _name(names: Sequence[str]) -> str:
    """Name a group by what its names share.

    Examples
    --------
    >>> _name(["roi_1", "roi_2"]), _name(["d1_mean", "d2_mean"]), _name(["clean", "peaks", "maps"])
    ('roi_… (2)', 'd…_mean (2)', 'clean … maps (3)')
    """
    stems = {re.sub(r"\d+", "…", name) for name in names}
    if len(stems) == 1:
        return f"{stems.pop()} ({len(names)})"
    least, most = min(names), max(names)
    alike = next((place for place, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), len(least))
    shared = least[:alike].rstrip("0123456789")
    return f"{shared}… ({len(names)})" if len(shared) > 1 else f"{names[0]} … {names[-1]} ({len(names)})"


def _sum(tallies: Sequence[Tally]) -> Tally | None:
    if not tallies:
        return None
    return Tally(
        given=sum(tally.given for tally in tallies),
        out=sum(tally.out for tally in tallies),
        filtered=sum(tally.filtered for tally in tallies),
        failed=sum(tally.failed for tally in tallies),
        seconds=sum(tally.seconds for tally in tallies),
        share=sum(tally.share for tally in tallies),
        p95=max((tally.p95 for tally in tallies if tally.p95 is not None), default=None),
        slowest=any(tally.slowest for tally in tallies),
    )


def _edges(rendered: Rendered, ids: dict[str, str]) -> Iterator[RenderedEdge]:
    """Give a connection for each pair of boxes that is connected."""
    bundles: dict[tuple[str, str, bool], list[RenderedEdge]] = {}
    for edge in rendered.edges:
        ends = ids[edge.source], ids[edge.target]
        if ends[0] != ends[1] or edge.back:
            bundles.setdefault((*ends, edge.back), []).append(edge)
    for (source, target, _), edges in bundles.items():
        yield _bundle(source, target, edges) if len(edges) > 1 else replace(edges[0], source=source, target=target)


def _bundle(source: str, target: str, edges: Sequence[RenderedEdge]) -> RenderedEdge:
    kind = _shared([edge.type for edge in edges])
    counts = [edge.count for edge in edges if edge.count is not None]
    return replace(
        edges[0],
        source=source,
        target=target,
        output=_shared([edge.output for edge in edges]),
        input=_shared([edge.input for edge in edges]),
        type=kind,
        cadence=_shared([edge.cadence for edge in edges]),
        label=f"{len(edges)} {kind}s" if kind not in ("", "Value") else f"{len(edges)} lines",
        sound=all(edge.sound for edge in edges),
        count=sum(counts) if counts else None,
    )
