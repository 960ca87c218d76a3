"""``headrace nodes``: the catalogue of node types, and a page on each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from headrace.engine.model.errors import UsageError

if TYPE_CHECKING:
    from headrace.engine.model.registry import Registry

__all__ = ["nodes"]


@click.command()
@click.argument("node_type", metavar="[TYPE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with the JSON Schema of each parameter.")
def nodes(node_type: str | None, as_json: bool) -> None:
    """List the node types, or tell all about one.

    Those of every installed package that brings some are listed.
    """
    from headrace.engine.model.registry import installed

    registry = installed()
    if node_type is None:
        every = [_described(registry, name) for name in registry]
        click.echo(_json(every) if as_json else _catalogue(every))
        return
    described = _described(registry, node_type)
    if as_json:
        click.echo(_json(described))
        return
    from headrace.engine.cli.node_page import page

    click.echo(page(described))


def _described(registry: Registry, name: str) -> dict[str, Any]:
    from headrace.engine.model.description import describe
    from headrace.engine.model.faults import nearest

    if name in registry:
        return describe(registry[name])
    hint = nearest(name, registry) or "'headrace nodes' lists them"
    problem = f"there is no node type {name!r}; {hint}"
    raise UsageError(problem)


def _json(described: Any) -> str:
    import json

    return json.dumps(described, indent=2, default=str)


def _catalogue(every: Iterable[Mapping[str, Any]]) -> str:
    """List node types by family, a line each."""
    from headrace.engine.cli.prose import column_width, hanging

    every = list(every)
    widest = max((len(one["name"]) for one in every), default=0)
    lines = []
    for family in sorted({one["family"] for one in every}):
        lines.append(click.style(family, bold=True))
        for one in (one for one in every if one["family"] == family):
            text = f"  {one['name']:{widest}}  "
            summary = hanging(one["summary"], column_width() - len(text)).replace("\n", "\n" + " " * len(text))
            lines.append(text + summary)
        lines.append("")
    return "\n".join([*lines, "More on one of them: headrace nodes TYPE"])
