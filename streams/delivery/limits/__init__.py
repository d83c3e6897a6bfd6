"""Limits on delivery: halts, operator limits, and the stage of the stream."""
