"""The request log: the newest requests of each partner to the ingest, without their values."""
