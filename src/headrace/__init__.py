"""headrace: a declarative dataflow graph engine for streaming X-ray analysis."""
