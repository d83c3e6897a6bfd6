"""Segment's side of inbound addresses: sends events as its destinations do, with retries."""
