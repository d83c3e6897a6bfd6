"""People whose events are not stored, in a workspace."""
