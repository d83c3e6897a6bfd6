"""What limits delivery: halts, operator limits and the stream's stage."""
