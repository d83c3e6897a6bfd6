"""Quarantined events of a workspace or a stream."""
