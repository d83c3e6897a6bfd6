"""Workspaces of events: which one an event names, and new ones within the limits."""
