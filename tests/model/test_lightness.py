"""Checking a graph is light: no analysis library is imported for it."""

from __future__ import annotations

import subprocess
import sys

HEAVY = "trackpy pandas scipy numba matplotlib h5py event_model zmq streamz pint"

CHECK = """
import sys
from headrace.engine.model.check import check_graph
from headrace.engine.model.graph import Graph
text = '''
headrace: 1
graph: g
nodes:
  frames: {type: source, field: image}
  peaks: {type: locate, in: frames, diameter: 15 mm}
  tracks: {type: link, in: peaks, search_range: 50}
  good: {type: filter, in: tracks, where: "len(value) > 0"}
  keep: {type: sink, in: good}
'''
graph = Graph.from_yaml(text)
assert [fault.code for fault in check_graph(graph)] == ["HR305"], check_graph(graph)
graph.to_yaml(), graph.to_python()
print([name for name in HEAVY.split() if name in sys.modules])
"""

MODEL = """
import sys
import headrace.engine.model.graph
print([name for name in (HEAVY + " numpy networkx ruamel.yaml msgspec").split() if name in sys.modules])
"""


def loaded(program: str) -> str:
    program = f"HEAVY = {HEAVY!r}\n{program}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_checking_and_writing_a_graph_imports_no_analysis_library() -> None:
    assert loaded(CHECK) == "[]"


def test_the_graph_itself_imports_next_to_nothing() -> None:
    assert loaded(MODEL) == "['msgspec']"
