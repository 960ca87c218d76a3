"""A graph: the analysis as data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.model.constraints import plain
from headrace.engine.model.faults import Fault, Location
from headrace.engine.model.wiring import NodeCall

if TYPE_CHECKING:
    from headrace.engine.model.registry import Registry

__all__ = ["FORMAT_VERSION", "Graph", "Node", "split_reference"]

FORMAT_VERSION = 1
"""The version of the graph format that this headrace writes."""


def split_reference(reference: str) -> tuple[str, str | None]:
    """Split ``node.port`` into node and port; the port is None where only the node is named.

    Examples
    --------
    >>> split_reference("maps.grains"), split_reference("maps")
    (('maps', 'grains'), ('maps', None))
    """
    name, _, port = reference.partition(".")
    return name, port or None


@dataclass(frozen=True, slots=True)
class Node:
    """One named step of a graph, as data.

    Attributes
    ----------
    name, type
        Its name in the graph, and the name of its node type.
    inputs
        Input port to reference (``node`` or ``node.port``).
    parameters
        Parameter to value, as plain data; only those that were given.
    on_error
        ``skip``, ``stop`` or ``{"substitute": value}``.
    cache
        ``auto``, ``always`` or ``never``.
    note
        A remark for people.
    """

    name: str
    type: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    on_error: Any = "skip"
    cache: str = "auto"
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the node as plain data, leaving out what is default."""
        common = {"on_error": self.on_error, "cache": self.cache, "note": self.note}
        defaults = {"on_error": "skip", "cache": "auto", "note": ""}
        given = {key: value for key, value in common.items() if value != defaults[key]}
        inputs = {"in": dict(self.inputs)} if self.inputs else {}
        return {"type": self.type, **inputs, **dict(self.parameters), **given}


@dataclass(frozen=True, slots=True)
class Graph:
    """An analysis as data: named nodes, their inputs, their parameters. Immutable.

    Parameters
    ----------
    name
        Short name of the analysis.
    nodes
        Node name to node, in the order in which they were written.
    description
        What the analysis is for.
    python
        Files of node types of one's own, relative to the graph file; run only if trusted.
    when
        For which runs it is meant: key of the start document to what is accepted; see
        `headrace.engine.model.when.matches`.
    intake
        What is done with documents that come faster than it works; see `headrace.engine.model.intake.IntakeRule`.
    places
        Path in the graph, such as ``("nodes", "peaks", "diameter")``, to where it was written.
    faults
        What was wrong already on reading.

    Examples
    --------
    >>> from headrace.nodes import average, source
    >>> graph = Graph("mean-of-frames").keep(mean=average(source(field="image")))
    >>> list(graph.nodes)
    ['source', 'mean', 'keep']
    """

    name: str
    nodes: Mapping[str, Node] = field(default_factory=dict)
    description: str = ""
    python: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)
    intake: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[tuple[str, ...], Location] = field(default_factory=dict, compare=False, repr=False)
    faults: tuple[Fault, ...] = field(default=(), compare=False, repr=False)
    calls: tuple[NodeCall, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        for key in ("when", "intake"):
            object.__setattr__(self, key, plain(getattr(self, key)))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the graph in a notebook."""
        from headrace.engine.model.display import mime_bundle

        return mime_bundle("graph", self)

    def where(self, *path: str) -> Location | None:
        """Give the place where a part was written, or that of the nearest part around it."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return self.places.get(())

    def keep(self, sink: str = "keep", /, **ports: Any) -> Graph:
        """Give a graph with these ports as results, and all that they need.

        Parameters
        ----------
        sink
            Name of the sink that keeps them; it is made if there is none.
        **ports
            Name of the result to port.

        Raises
        ------
        UsageError
            If something is no port, or a name is taken.
        """
        from headrace.engine.model.building import extended

        return extended(self, ports, sink)

    def add(self, *ports: Any) -> Graph:
        """Give a graph with the nodes of these ports, and all that they need, without keeping their values.

        Raises
        ------
        UsageError
            If something is no port, or a name is taken.
        """
        from headrace.engine.model.building import extended

        return extended(self, {f"port {number}": port for number, port in enumerate(ports, 1)}, sink=None)

    def set(self, changes: Mapping[str, Any]) -> Graph:
        """Give a graph with parameters changed: ``{"peaks.percentile": 90}``.

        Raises
        ------
        UsageError
            If a node is unknown or a key is not of the form ``node.parameter``.
        """
        from headrace.engine.model.building import with_parameters

        return with_parameters(self, changes)

    def to_dict(self) -> dict[str, Any]:
        """Give the graph as plain data: what its YAML file holds."""
        head = {"headrace": FORMAT_VERSION, "graph": self.name}
        described = {"description": self.description} if self.description else {}
        files = {"python": list(self.python)} if self.python else {}
        runs = {key: plain(value) for key, value in (("when", self.when), ("intake", self.intake)) if value}
        return {**head, **described, **files, **runs, "nodes": {name: n.to_dict() for name, n in self.nodes.items()}}

    def digest(self) -> str:
        """Give the SHA-256 of the graph's canonical form: equal graphs have equal digests."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_yaml(self, registry: Registry | None = None) -> str:
        """Write the graph as a YAML graph file, for a reader with these node types (by default those installed)."""
        from headrace.engine.model.yaml_writer import to_yaml

        return to_yaml(self, registry)

    def to_python(self, registry: Registry | None = None) -> str:
        """Write the graph as Python that builds it, with these node types (by default those it needs)."""
        from headrace.engine.model.python_writer import to_python

        return to_python(self, registry)

    @classmethod
    def read(cls, path: str | Path, registry: Registry | None = None, *, trust: bool = False) -> Graph:
        """Read a graph file; its faults are in ``faults``, so that a broken graph can still be drawn.

        Parameters
        ----------
        path
            The file.
        registry
            The node types; by default those of the installed packages.
        trust
            Whether the local Python files that it names may be run.

        Raises
        ------
        NotReachableError
            If there is no such file.
        """
        from headrace.engine.model.yaml_reader import read_graph

        return read_graph(path, registry, trust=trust)

    @classmethod
    def from_yaml(cls, text: str, registry: Registry | None = None, file: str = "<text>") -> Graph:
        """Read a graph from YAML text; its faults are in ``faults``."""
        from headrace.engine.model.yaml_reader import parse_graph

        return parse_graph(text, registry, file=file)
