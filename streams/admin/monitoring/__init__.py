"""What happened: the activity log, issues with events, the history of the database."""
