"""What a run cost and what arrived."""
