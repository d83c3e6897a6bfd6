"""HTTP of the ingest API: routes, bodies, CORS and responses."""
