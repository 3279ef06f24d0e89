"""The processes that `./run` starts: which, at which ports, and how they end together."""
