"""Graphs, jobs and results show themselves in notebooks."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

from headrace import Graph, Job
from headrace.engine.documents.result import Result
from headrace.engine.model.graph import Node
from headrace.engine.view.palette import FAULT


def shown(thing: object) -> dict[str, str]:
    """Ask as IPython does."""
    bundle: dict[str, str] = thing._repr_mimebundle_(include=None, exclude=None)  # type: ignore[attr-defined]
    return bundle


def test_a_graph_shows_itself_as_a_picture_and_as_text() -> None:
    bundle = shown(Graph("g", {"a": Node("a", "source", {}, {"field": "image"})}))
    assert set(bundle) == {"text/plain", "image/svg+xml"}
    assert bundle["text/plain"].startswith("g: 1 node")
    ET.fromstring(bundle["image/svg+xml"].encode())


def test_a_broken_graph_shows_what_is_wrong() -> None:
    bundle = shown(Graph("g", {"a": Node("a", "averge", {"frames": "b"})}))
    assert "HR201" in bundle["image/svg+xml"]
    assert FAULT.line in bundle["image/svg+xml"]


def test_a_job_and_its_pipeline_show_their_graph() -> None:
    with Job("crystal_mapping") as job:
        assert "crystal-mapping" in shown(job)["image/svg+xml"]
        assert shown(job.pipeline) == shown(job)


def test_a_result_shows_verdict_streams_and_graph(failed: Result) -> None:
    html = shown(failed)["text/html"]
    for words in ("failing", "fail (3 failed", "spots", "Table", "<svg", "3 failed"):
        assert words in html


def test_a_raw_run_shows_its_streams(failed: Result) -> None:
    class Raw(Result):
        @property
        def start(self) -> dict[str, str]:
            return {"uid": "7d1f02ab"}

    html = shown(Raw(failed.run))["text/html"]
    assert "run 7d1f02ab" in html
    assert "<svg" not in html


def test_a_graph_pulls_in_no_picture_until_it_is_shown() -> None:
    code = (
        "import sys; from headrace import Graph; graph = Graph('g');"
        "assert not [name for name in sys.modules if name.startswith('headrace.engine.view')];"
        "graph._repr_mimebundle_(); print('headrace.engine.view.svg' in sys.modules, 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True False"
