"""What the node types are made of: checks, grids, accumulators, expressions. No node types here."""
