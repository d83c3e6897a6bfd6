"""Filters of lists that a user saved under a name."""
