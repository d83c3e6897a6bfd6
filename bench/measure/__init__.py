"""The cost of a run, and the events that arrived."""
