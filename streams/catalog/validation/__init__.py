"""Validation of a stream's events against the Spec and its published plan."""
