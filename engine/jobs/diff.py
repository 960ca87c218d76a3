"""Comparing two graphs, two revisions or two results: what differs, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.engine.jobs.graph_difference import GraphDifference, graph_difference
from headrace.engine.jobs.graphs import open_graph, ready_graphs
from headrace.engine.model.errors import UsageError
from headrace.engine.model.graph import Graph

if TYPE_CHECKING:
    from headrace.engine.documents.result import Result
    from headrace.engine.jobs.number_difference import FieldDifference

__all__ = ["Difference", "diff"]


@dataclass(frozen=True, slots=True)
class Difference:
    """How two graphs, revisions or results differ.

    Attributes
    ----------
    graph
        What differs in the graphs, parameters included.
    versions
        Package to its two versions, where they differ; None where one has none.
    raw
        The uids of the raw runs, if they are two.
    numbers
        What differs in the data; None where graphs were compared.
    """

    graph: list[GraphDifference]
    versions: Mapping[str, tuple[str | None, str | None]]
    raw: tuple[str, str] | None = None
    numbers: list[FieldDifference] | None = None

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        equal = all(field.is_equal for field in self.numbers or [])
        return equal and not self.graph and not self.versions and self.raw is None

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "graph": [asdict(one) for one in self.graph],
            "versions": {package: list(pair) for package, pair in self.versions.items()},
            "raw": list(self.raw) if self.raw else None,
            "numbers": None if self.numbers is None else [asdict(one) for one in self.numbers],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield "graph: no difference" if not self.graph else "graph:"
        yield from (f"  {one}" for one in self.graph)
        if self.versions:
            yield "versions:"
            yield from (f"  {name}: {old or 'none'} -> {new or 'none'}" for name, (old, new) in self.versions.items())
        if self.raw is not None:
            yield f"raw run: {self.raw[0][:8]} -> {self.raw[1][:8]}"
        if self.numbers is not None:
            yield "numbers:" if self.numbers else "numbers: there are none"
            for stream in dict.fromkeys(one.stream for one in self.numbers):
                yield from _stream_lines(stream, [one for one in self.numbers if one.stream == stream])


def _stream_lines(stream: str, fields: list[FieldDifference]) -> Iterator[str]:
    """Say of a stream what is missing, once; then each field that differs, and how many don't."""
    first = fields[0]
    events = f"{first.events} events in both"
    if first.only_before or first.only_after:
        events += f", {first.only_before} only in the first, {first.only_after} only in the second"
    differing = [field for field in fields if field.different]
    yield f"  {stream}: {events}; {len(fields) - len(differing)} of {len(fields)} fields equal"
    yield from (f"    {field.text}" for field in differing)


def diff(before: Graph | Result | str | Path, after: Graph | Result | str | Path) -> Difference:
    """Compare two graphs, two revisions of results, or two results.

    Parameters
    ----------
    before, after
        Graphs, graph files, names of ready graphs; results, or their addresses (``results/-1``). An address with
        ``@`` and a number behind it (``results/-1@2``) stands for the graph of that revision.

    Returns
    -------
    What differs. Of two results, the data too: per stream and field the largest difference, and the first event.

    Raises
    ------
    UsageError
        If a graph is compared with a result, or there is no such revision.
    NotReachableError
        If there is nothing at an address.

    Examples
    --------
    >>> from headrace import Graph
    >>> from headrace.nodes import linear, source
    >>> one = Graph("g").keep(y=linear(source(field="x"), scale=2.0))
    >>> print(diff(one, one.set({"y.scale": 3.0})))
    graph:
      y.scale: 2.0 -> 3.0
    """
    one, other = _opened(before), _opened(after)
    if isinstance(one, Graph) and isinstance(other, Graph):
        return Difference(graph_difference(one.to_dict(), other.to_dict()), {})
    if isinstance(one, Graph) or isinstance(other, Graph):
        return _graph_of_result(one, other)
    return _of_results(one, other)


def _opened(given: Graph | Result | str | Path) -> Graph | Result:
    if not isinstance(given, str | Path):
        return given
    text = str(given)
    address, at, number = text.rpartition("@")
    if at and number.isdecimal():
        return _revision(_result(address), int(number))
    if Path(text).suffix in (".yaml", ".yml") or text.replace("-", "_") in ready_graphs():
        return open_graph(text)[0]
    return _result(text)


def _result(address: str) -> Result:
    from headrace.engine.jobs.run import open_run

    return open_run(address)


def _about(result: Result) -> Mapping[str, Any]:
    about: Mapping[str, Any] = result.start.get("headrace") or {}
    if not about:
        problem = f"run {result.uid[:8]} is a raw run, not the result of a graph; expected a result or a graph"
        raise UsageError(problem)
    return about


def _revision(result: Result, number: int) -> Graph:
    """Give the graph of a revision that a result was made under."""
    made = ((result.stop or {}).get("headrace") or {}).get("revisions") or []
    written = _about(result)["graph"]
    first = int(_about(result).get("revision", 1))
    graph = _graph(written)
    if number == first:
        return graph
    for revision in made:
        if revision["revision"] <= first:
            continue
        graph = _graph(revision["graph"]) if revision.get("graph") else graph.set(dict(revision["changes"]))
        if revision["revision"] == number:
            return graph
    known = ", ".join(str(one["revision"]) for one in made) or str(first)
    problem = f"result {result.uid[:8]} has no revision {number}; it has {known}"
    raise UsageError(problem)


def _graph(written: Mapping[str, Any]) -> Graph:
    import json

    return Graph.from_yaml(json.dumps(written))


def _graph_of_result(one: Graph | Result, other: Graph | Result) -> Difference:
    graphs = [side if isinstance(side, Graph) else _graph(_about(side)["graph"]) for side in (one, other)]
    return Difference(graph_difference(graphs[0].to_dict(), graphs[1].to_dict()), {})


def _of_results(before: Result, after: Result) -> Difference:
    from headrace.engine.jobs.number_difference import number_differences

    one, other = _about(before), _about(after)
    raw = str(before.start.get("raw_uid", "")), str(after.start.get("raw_uid", ""))
    versions = (one.get("versions") or {}), (other.get("versions") or {})
    packages = [*versions[0], *(name for name in versions[1] if name not in versions[0])]
    return Difference(
        graph_difference(_resolved(one), _resolved(other)),
        {
            name: (versions[0].get(name), versions[1].get(name))
            for name in packages
            if versions[0].get(name) != versions[1].get(name)
        },
        raw if raw[0] != raw[1] else None,
        number_differences(before, after),
    )


def _resolved(about: Mapping[str, Any]) -> dict[str, Any]:
    """Give the graph of a result with every parameter, defaults included: a default may have changed."""
    parameters = about.get("parameters") or {}
    nodes = about["graph"]["nodes"]
    return {"nodes": {name: {**node, **parameters.get(name, {})} for name, node in nodes.items()}}
