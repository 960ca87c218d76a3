"""The engine: model, runtime, documents, view, and the doors to them."""

if __name__ != "headrace.engine":
    problem = "import headrace.engine, not 'engine'"
    raise ImportError(problem)
