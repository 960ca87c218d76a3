"""Options that several verbs have."""

from __future__ import annotations

import click

__all__ = ["trust_option"]

trust_option = click.option(
    "--trust", is_flag=True, help="Run the Python files of node types that the graph names. Read them first."
)
