"""Loading candidates, the conventions they follow, the worker they run in, and their verdicts."""
