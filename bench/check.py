"""How long it takes to read and check a graph of 100 nodes, in a fresh interpreter and in a warm one."""

from __future__ import annotations

import subprocess
import sys
import time

CHAIN = """\
  frames{n}: {{type: source, field: image{n}}}
  mean{n}: {{type: average, in: frames{n}}}
  clean{n}: {{type: dark_subtract, in: {{frame: mean{n}, dark: dark}}, clip: 0}}
  peaks{n}:
    type: locate
    in: clean{n}
    diameter: 15 px
    percentile: 80
    separation: 100
    on_error: skip
  tracks{n}: {{type: link, in: peaks{n}, search_range: 50}}
"""
HEAD = "headrace: 1\ngraph: big\nnodes:\n  dark: {type: dark, key: dark_uid, field: image}\n"

COLD = """
import sys, time
begin = time.perf_counter()
from headrace.engine.model.check import check
faults = check(sys.argv[1])
print(f"{(time.perf_counter() - begin) * 1000:8.1f} ms  in a fresh interpreter, imports included, {len(faults)} faults")
"""


def graph_text(nodes: int) -> str:
    """Give a graph file of about this many nodes."""
    chains = (nodes - 2) // 5
    keep = ", ".join(f"tracks{n}" for n in range(chains))
    return HEAD + "".join(CHAIN.format(n=n) for n in range(chains)) + f"  keep: {{type: sink, in: [{keep}]}}\n"


def main() -> None:
    """Print the times; the target is 200 ms for 100 nodes."""
    import tempfile
    from pathlib import Path

    from headrace.engine.model.check import check_graph
    from headrace.engine.model.graph import Graph

    for nodes in (100, 1000):
        text = graph_text(nodes)
        check_graph(Graph.from_yaml(text))
        begin = time.perf_counter()
        graph = Graph.from_yaml(text)
        read = time.perf_counter()
        faults = check_graph(graph)
        end = time.perf_counter()
        print(f"{len(graph.nodes)} nodes, {len(text.splitlines())} lines, {len(faults)} faults")
        print(f"{(read - begin) * 1000:8.1f} ms  reading")
        print(f"{(end - read) * 1000:8.1f} ms  checking")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "graph.yaml"
            file.write_text(text)
            subprocess.run([sys.executable, "-c", COLD, str(file)], check=True)


if __name__ == "__main__":
    main()
