"""The HTTP server, and its responses to calls of Segment's API."""
