"""What stands in for the value of a node that failed, where the graph says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headrace.engine.model.node_type import NodeType
from headrace.engine.runtime.absent import Absent

__all__ = ["substitute"]


def substitute(value: Any, kind: NodeType, inputs: Sequence[Any]) -> Any:
    """Give the substitute as the node's output type.

    A number or text stands for a scalar. For a frame, a number fills an image of the size of the node's first
    image. For a table, whatever is given means no rows, with the columns of the node's first table if it has one.

    Returns
    -------
    The substitute, or `Absent.FAILED` if none can be made of these inputs.
    """
    names = {port_type.name for port in kind.outputs for port_type in port.types}
    if "Table" in names:
        table = next((given for given in inputs if hasattr(given, "iloc")), None)
        return _no_rows() if table is None else table.iloc[:0]
    if names & {"Frame", "Stack", "Array"}:
        image = next((given for given in inputs if getattr(given, "ndim", 0) >= 2), None)
        return Absent.FAILED if image is None else _filled(image.shape[-2:], value)
    return value


def _no_rows() -> Any:
    import pandas as pd

    return pd.DataFrame()


def _filled(shape: tuple[int, int], value: Any) -> Any:
    import numpy as np

    return np.full(shape, value, dtype=np.float64)
