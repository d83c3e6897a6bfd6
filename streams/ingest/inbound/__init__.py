"""Receives events from Segment to learn the userIds of people. It stores no event."""
