"""Replays: which events, in which batches, and how they start and end."""
