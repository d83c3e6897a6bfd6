"""The editor of a stream's public docs."""
