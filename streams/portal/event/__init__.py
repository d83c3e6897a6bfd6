"""The page of one event: its state and why, its way to Segment, its issues and its JSON."""
