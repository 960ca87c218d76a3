"""``headrace check``: say all that is wrong with graphs, at once and without running them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from headrace.engine.cli.graph_argument import GRAPH_HELP, read_graph
from headrace.engine.cli.options import trust_option
from headrace.engine.cli.refusals import DONE, WRONG

if TYPE_CHECKING:
    from headrace.engine.model.faults import Fault
    from headrace.engine.model.graph import Graph

__all__ = ["check"]


class _Checked(NamedTuple):
    given: str
    graph: Graph
    faults: list[Fault]


@click.command(epilog=GRAPH_HELP)
@click.argument("graphs", metavar="GRAPH...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the faults as JSON.")
@trust_option
@click.pass_context
def check(ctx: click.Context, graphs: tuple[str, ...], as_json: bool, trust: bool) -> None:
    """Check graphs, and say all that is wrong with them.

    Each fault comes with its place, what was expected, and what to do. Nothing is run and no data is read. The
    exit code is 2 if there is any fault.
    """
    results = [_checked(given, trust) for given in graphs]
    click.echo(_as_json(results) if as_json else "\n".join(map(_as_text, results)))
    ctx.exit(WRONG if any(result.faults for result in results) else DONE)


def _checked(given: str, trust: bool) -> _Checked:
    from headrace.engine.model.check import check_graph

    graph, registry = read_graph(given, trust=trust)
    return _Checked(given, graph, list(check_graph(graph, registry)))


def _as_text(result: _Checked) -> str:
    from headrace.engine.model.faults import report

    if result.faults:
        return report(result.graph.name, result.faults)
    count = len(result.graph.nodes)
    return f"ok: {result.given} ({count} node{'s' * (count != 1)})"


def _as_json(results: list[_Checked]) -> str:
    import json

    entries = [
        {
            "graph": result.given,
            "name": result.graph.name,
            "nodes": len(result.graph.nodes),
            "faults": [fault.to_dict() for fault in result.faults],
        }
        for result in results
    ]
    return json.dumps(entries, indent=2)
