"""The command line: one file per verb, nothing imported before it is needed."""

from headrace.engine.cli.entry import main

__all__ = ["main"]
