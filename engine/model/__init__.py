"""A graph as data: node declarations, port types, graphs, reading and writing them, the checks."""
