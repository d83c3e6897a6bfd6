"""Streams, their plans and their review."""
