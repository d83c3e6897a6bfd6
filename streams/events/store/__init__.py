"""How rows of the event log are stored on each database."""
