"""The people of events without a userId: their identifiers, and events that wait for a link."""
