"""What stands in for the value of a node that failed, where the graph says so."""

from __future__ import annotations

from typing import Any

from headrace.engine.model.node_type import NodeType
from headrace.engine.runtime.absent import Absent

__all__ = ["substitute", "template_of"]


def template_of(value: Any) -> Any:
    """Give what must be known of a node's good value to make one like it: no rows, or the shape of an image."""
    if hasattr(value, "iloc"):
        return value.iloc[:0]
    return getattr(value, "shape", None)


def substitute(value: Any, kind: NodeType, template: Any) -> Any:
    """Give the substitute as the node's output type.

    A number or text stands for a scalar. A number fills an image of the shape, and whatever is given stands for a
    table without rows with the columns, of the node's last good value.

    Parameters
    ----------
    value
        What the graph says.
    kind
        The node type.
    template
        See `template_of`; None if the node has given no good value yet.

    Returns
    -------
    The substitute, or `Absent.FAILED` if none can be made yet.
    """
    names = {port_type.name for port in kind.outputs for port_type in port.types}
    if not names & {"Table", "Frame", "Stack", "Array"}:
        return value
    if template is None:
        return Absent.FAILED
    return template if hasattr(template, "iloc") else _filled(template, value)


def _filled(shape: tuple[int, ...], value: Any) -> Any:
    import numpy as np

    return np.full(shape, value, dtype=np.float64)
