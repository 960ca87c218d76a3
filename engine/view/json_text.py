"""A graph's picture as JSON, for other programs that draw."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from headrace.engine.view.rendered import Rendered, RenderedNode

__all__ = ["to_json"]


def to_json(rendered: Rendered) -> str:
    """Write all that a picture of a graph shows as JSON.

    The keys are those of `Rendered`, `RenderedNode` and `RenderedEdge`; parameters and outputs are objects.

    Examples
    --------
    >>> import json
    >>> from headrace.engine.view.rendered import Rendered
    >>> json.loads(to_json(Rendered("mean")))["graph"]
    'mean'
    """
    content = asdict(rendered)
    nodes = [_node(node) for node in rendered.nodes]
    plain = {"graph": content.pop("name"), **content, "nodes": nodes}
    return json.dumps(plain, indent=2, ensure_ascii=False)


def _node(node: RenderedNode) -> dict[str, Any]:
    return {**asdict(node), "parameters": dict(node.parameters), "outputs": dict(node.outputs), "broken": node.broken}
