"""Reading an event's bytes and checking its structure fast."""
