"""The release of events that wait for the userId of their person."""
