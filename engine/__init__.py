"""The engine: model, runtime, documents, view, and the doors to them."""

if __name__ != "headrace.engine":
    raise ImportError("import headrace.engine, not 'engine'")
