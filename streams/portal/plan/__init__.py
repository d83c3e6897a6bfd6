"""A stream's tracking plan."""
