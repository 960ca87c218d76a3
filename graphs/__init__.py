"""Ready-to-run experiments: graph files shipped with the package."""

if __name__ != "headrace.graphs":
    raise ImportError("import headrace.graphs, not 'graphs'")
