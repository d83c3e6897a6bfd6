"""The database connection: its session, timeouts and migrations."""
