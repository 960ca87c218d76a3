"""Which nodes stand together in a segment."""

from __future__ import annotations

from headrace.engine.model.analysis import Analysis

__all__ = ["grouped"]


def grouped(facts: Analysis, fuse: str) -> list[tuple[str, ...]]:
    """Give the nodes in an order that respects their inputs, cut into segments.

    Parameters
    ----------
    facts
        The facts of a graph without loops.
    fuse
        ``all``: one segment. ``stateless``: as many stateless nodes as are ready, then as many stateful ones, and
        so on. ``none``: a segment for each node.
    """
    if fuse == "none":
        return [(name,) for name in facts.order]
    if fuse == "all":
        return [facts.order] if facts.order else []
    return _alternating(facts)


def _alternating(facts: Analysis) -> list[tuple[str, ...]]:
    serial = {name: facts.types[name].stateful or facts.types[name].keeps for name in facts.order}
    done: set[str] = set()
    segments: list[tuple[str, ...]] = []
    stateful = False
    while len(done) < len(facts.order):
        taken: list[str] = []
        for name in facts.order:
            ready = all(before in done for before in facts.graph.predecessors(name))
            if name not in done and serial[name] is stateful and ready:
                taken.append(name)
                done.add(name)
        if taken:
            segments.append(tuple(taken))
        stateful = not stateful
    return segments
