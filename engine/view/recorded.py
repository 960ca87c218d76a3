"""The graph that a result run holds, as a picture with the run's counts and times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headrace.engine.model.graph import Graph
from headrace.engine.view.rendered import Rendered
from headrace.engine.view.rendering import render
from headrace.engine.view.run_layer import with_run

__all__ = ["recorded"]


def recorded(start: Mapping[str, Any], stop: Mapping[str, Any] | None) -> Rendered | None:
    """Give the graph of a result with what its run did; None for a run that is no result.

    Node types that are not installed here were there when it ran, so they are not shown as wrong.
    """
    about = start.get("headrace")
    plain = about.get("graph") if isinstance(about, Mapping) else None
    if not isinstance(plain, Mapping):
        return None
    graph = replace(Graph.from_yaml(json.dumps(plain)), faults=(), places={})
    rendered = render(graph)
    nodes = tuple(replace(node, known=True) for node in rendered.nodes)
    return with_run(replace(rendered, nodes=nodes), start, stop)
