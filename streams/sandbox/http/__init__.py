"""HTTP: requests, responses, CORS and access."""
