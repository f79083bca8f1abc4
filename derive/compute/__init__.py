"""Numbers of indexed equations: compiled once per equation, run for all of its elements."""
