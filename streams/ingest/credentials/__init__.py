"""Ingest keys and API tokens: reading, checking and caching them."""
