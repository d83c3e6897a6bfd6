"""Detects that the database went back in time and lost acknowledged events."""
