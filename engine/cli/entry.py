"""The command ``headrace`` itself: what it is for, and its verbs."""

from __future__ import annotations

import io
import sys

import click

from headrace.engine.cli.lazy import LazyGroup

__all__ = ["main"]

_EPILOG = """\
Exit codes: 0 done; 1 finished, but some events failed or never came; 2 wrong use or a faulty graph; 3 a source or
destination that can't be reached.
"""


@click.command(
    cls=LazyGroup,
    verbs=(
        "demo",
        "new",
        "check",
        "show",
        "nodes",
        "run",
        "replay",
        "rerun",
        "plot",
        "report",
        "view",
        "status",
        "dead-letters",
        "publish",
        "record",
        "journal",
        "proxy",
        "set",
        "undo",
        "revisions",
        "sweep",
        "diff",
        "try",
        "cache",
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(package_name="headrace", message="headrace %(version)s")
def main() -> None:
    """Stream X-ray data through a graph of analysis steps, live or from a store.

    A graph file says what is computed; SOURCE and DEST say from where and to where. New here? Try `headrace demo`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # no reason to fail: a terminal that can't draw lines
