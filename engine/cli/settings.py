"""What ``--set NODE.PARAM=VALUE`` means: the value is read as it would be in a graph file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace.engine.model.errors import UsageError
from headrace.engine.model.faults import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headrace.engine.model.graph import Graph

__all__ = ["read_settings", "settings_for"]

_EXAMPLES = "for example peaks.percentile=90, clean.clip=null, dark.missing=zero or peaks.diameter=[11, 13]"


def read_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Give the parameters that are set: ``node.parameter`` to value. Of two for the same, the last one counts.

    Raises
    ------
    UsageError
        If a text is not of that form or its value is no YAML.

    Examples
    --------
    >>> read_settings(["peaks.percentile=90", "dark.missing=zero", "peaks.diameter=[11, 13]", "clean.clip=null"])
    {'peaks.percentile': 90, 'dark.missing': 'zero', 'peaks.diameter': [11, 13], 'clean.clip': None}
    """
    return dict(_setting(text) for text in texts)


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    node, _, parameter = key.strip().partition(".")
    if not equals or not node or not parameter:
        problem = f"--set {text!r}: expected NODE.PARAM=VALUE, {_EXAMPLES}"
        raise UsageError(problem)
    if not value.strip():
        problem = f"--set {text!r}: the value is missing; write {key}=null for none, or {key}='\"\"' for empty text"
        raise UsageError(problem)
    return f"{node}.{parameter}", _value(text, value)


def _value(text: str, value: str) -> Any:
    from headrace.engine.model.yaml_loader import load

    loaded = load(value, "--set")
    if loaded.faults or loaded.root is None:
        reason = loaded.faults[0].message if loaded.faults else "there is no value"
        problem = f"--set {text!r}: the value can't be read ({reason}); {_EXAMPLES}"
        raise UsageError(problem)
    return loaded.root.plain()


def settings_for(graphs: Sequence[Graph], settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what is set in each of several graphs.

    ``node.parameter`` means every graph that has such a node, ``graph:node.parameter`` this one.

    Raises
    ------
    UsageError
        If a setting names a graph that is not there, or fits none of several.
    """
    found: list[dict[str, Any]] = [{} for _ in graphs]
    for key, value in settings.items():
        name, named, plain = key.rpartition(":")
        if named and name not in [graph.name for graph in graphs]:
            names = [graph.name for graph in graphs]
            problem = f"--set {key}: there is no graph {name!r} here; {nearest(name, names) or ', '.join(names)}"
            raise UsageError(problem)
        node = plain.partition(".")[0]
        # Of a single graph, a node that it doesn't have is for the graph itself to complain of.
        fits = [graph.name == name if named else len(graphs) == 1 or node in graph.nodes for graph in graphs]
        if not any(fits):
            problem = f"--set {key}: none of the graphs has a node {node!r}"
            raise UsageError(problem)
        for changes in (changes for changes, fit in zip(found, fits, strict=True) if fit):
            changes[plain] = value
    return found
