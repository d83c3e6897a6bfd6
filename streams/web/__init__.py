"""Middleware and template tags that all HTML surfaces share."""
