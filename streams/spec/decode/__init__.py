"""Decoding an event's bytes: limits, malformed JSON, positions in the text."""
