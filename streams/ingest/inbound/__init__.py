"""Receives events from Segment, to learn who is who. It stores no event."""
