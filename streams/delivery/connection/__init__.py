"""A connection: creating, changing, verifying, pausing and deleting it."""
