"""Group commit: one transaction for many requests, and what delays it."""
