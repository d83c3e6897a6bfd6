"""The chart of a workspace's events and their latency."""
