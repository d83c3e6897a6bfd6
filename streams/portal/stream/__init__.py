"""A partner's streams and API tokens."""
