"""Ready-to-run experiments: graph files shipped with the package."""

if __name__ != "headrace.graphs":
    problem = "import headrace.graphs, not 'graphs'"
    raise ImportError(problem)
