"""Checks of properties, traits and context."""
