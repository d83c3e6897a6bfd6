"""A partner's own requests to the ingest: the request log."""
