"""Segment's behavior: sources, messages and the tracking API."""
