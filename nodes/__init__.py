"""The catalogue: every node type, one file per family."""

if __name__ != "headrace.nodes":
    problem = "import headrace.nodes, not 'nodes'"
    raise ImportError(problem)

from headrace.nodes.accumulators import accumulate
from headrace.nodes.darks import dark
from headrace.nodes.exports import export
from headrace.nodes.filters import filter
from headrace.nodes.frames import average, dark_subtract
from headrace.nodes.maps import crystal_map
from headrace.nodes.peaks import link, locate
from headrace.nodes.plots import plot
from headrace.nodes.sinks import sink
from headrace.nodes.sources import latest, source
from headrace.nodes.windows import crystal_windows

__all__ = [
    "accumulate",
    "average",
    "crystal_map",
    "crystal_windows",
    "dark",
    "dark_subtract",
    "export",
    "filter",
    "latest",
    "link",
    "locate",
    "plot",
    "sink",
    "source",
]
