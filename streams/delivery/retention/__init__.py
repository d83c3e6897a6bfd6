"""Expiring events that were not delivered in time, and pruning old rows."""
