"""The docs are true: links lead somewhere, graphs have no faults, code runs, commands exist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_link_graph_command_and_snippet_of_the_docs_is_true() -> None:
    done = subprocess.run([sys.executable, DOCS / "check.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
