"""Requests to Segment's HTTP API and the meaning of its responses."""
