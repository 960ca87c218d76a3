"""What a graph keeps."""

from __future__ import annotations

from headrace.engine.model.node import node
from headrace.engine.model.ports import Value

__all__ = ["sink"]


@node(keeps=True)
def sink(**values: Value) -> None:
    """Keep values: what is connected here is a result of the graph.

    Each input becomes a stream of the result run, named after the input. The sink itself computes nothing;
    where results go to is said when the graph is run (``--to``). Called as plain Python it does nothing.

    Parameters
    ----------
    **values
        What to keep, under the names the result streams shall have. In a list, each gets the name of its node.

    Notes
    -----
    In a graph file::

        keep: {type: sink, in: [peaks, tracks]}
        more: {type: sink, in: {grains: maps.grains}}

    In Python, ``Graph("name").keep(peaks=peaks)`` writes a sink.

    Examples
    --------
    >>> from headrace.nodes import sink
    >>> sink(i0=0.5)
    """
