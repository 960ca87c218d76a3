"""Options that several verbs have."""

from __future__ import annotations

import click

__all__ = ["at_option", "graph_option", "trust_option"]

trust_option = click.option(
    "--trust", is_flag=True, help="Run the Python files of node types that the graph names. Read them first."
)

at_option = click.option(
    "--at",
    metavar="SERVICE",
    help="Which running service: HOST:PORT, its process number, or a part of the name of its graph or source. "
    "Not needed where only one runs.",
)

graph_option = click.option("--graph", metavar="NAME", help="Which of the service's graphs, where it has several.")
