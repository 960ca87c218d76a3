"""A graph at work: compiled to a plan, made a pipeline of streams, counted and contained when it fails."""
