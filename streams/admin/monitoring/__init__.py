"""The activity log, issues with events, and the history of the database."""
